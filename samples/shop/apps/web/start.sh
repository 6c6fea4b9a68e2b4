#!/bin/sh
# The first process of a container ignores a signal that it has no handler for: without this a stop takes ten seconds.
trap 'kill "$server"; exit 0' TERM INT
httpd -f -p 8080 -h /srv &
server=$!
echo "web $(cat /srv/version) listens on port 8080"
wait "$server"
