#!/usr/bin/env bash
# What the guide's rollback.sh does with a compose service, step by step, without its question: what the cmdlet is measured against.
#
#   rollback.sh SERVICE VERSION     REGISTRY, the service's image variable (SERVICE_VERSION) and COMPOSE_FILE as compose knows them
#
# It waits for the health check without a pause between two looks: faster than a script with "sleep" in it.
set -euo pipefail
service=$1 version=$2 docker=${PRO_TEST_DOCKER:-docker}

# 1. The current version and the target.
container=$(docker-compose ps -q "$service")
echo "from $("$docker" inspect -f '{{.Config.Image}}' "$container") to $version"

# 3. Is the target's image there?
"$docker" image inspect "$REGISTRY/$service:$version" >/dev/null

# 4., 5. Stop the service, start the other version.
docker-compose stop "$service"
export "${service^^}_VERSION=$version"
docker-compose up -d --no-deps --no-build "$service"

# 6. The service's state.
container=$(docker-compose ps -q "$service")
until [ "$("$docker" inspect -f '{{.State.Health.Status}}' "$container")" = healthy ]; do :; done

# 7. Its log.
docker-compose logs --tail=20 "$service"
