#!/bin/sh
# The first process of a container ignores a signal that it has no handler for: without this a stop takes ten seconds.
trap 'kill "$server"; exit 0' TERM INT
httpd -f -p 8080 -h /srv &
server=$!
echo "worker $(cat /srv/version) waits for orders"
while sleep 1 & wait $!; do
    date -u +%FT%TZ > /srv/heartbeat
done
