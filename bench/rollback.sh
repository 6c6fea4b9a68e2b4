#!/usr/bin/env bash
# What the guide's rollback.sh does with a compose service, step by step, without its question: what the cmdlet is measured against.
#
#   rollback.sh SERVICE VERSION     REGISTRY, the service's image variable (SERVICE_VERSION) and COMPOSE_FILE as compose knows them
#
# It waits for the health check without a pause between two looks: faster than a script with "sleep" in it.
set -euo pipefail
service=$1 version=$2 docker=${PRO_TEST_DOCKER:-docker} compose=${PRO_BENCH_COMPOSE:-docker-compose}

# 1. The current version and the target.
container=$($compose ps -q "$service")
echo "from $("$docker" inspect -f '{{.Config.Image}}' "$container") to $version"

# 3. Is the target's image there?
"$docker" image inspect "$REGISTRY/$service:$version" >/dev/null

# 4., 5. Stop the service, start the other version.
$compose stop "$service"
export "${service^^}_VERSION=$version"
$compose up -d --no-deps --no-build "$service"

# 6. The service's state.
container=$($compose ps -q "$service")
until [ "$("$docker" inspect -f '{{.State.Health.Status}}' "$container")" = healthy ]; do :; done

# 7. Its log.
$compose logs --tail=20 "$service"
