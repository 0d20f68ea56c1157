#!/usr/bin/env bash
# The libraries as a service takes them: installed, then by their coordinates on the class paths of Spring Boot 3.5 and 4, Quarkus 3,
# Micronaut 4, Vert.x 4 and 5, each with the Netty that it manages. No class may be there twice, and a pooled query, a backup and a
# look at a certificate must work. PGPOOL_INSTALLED=1 takes the libraries that are installed already. Needs pg_dump.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${PGPOOL_INSTALLED:-}" != 1 ]; then
    mvn -q -B install -DskipTests -pl pgpool-core,pgpool-backup,pgpool-certwatch -am
fi
mvn -B -ntp -fae -f examples/stacks/pom.xml clean verify | grep -E '^Netty|^\[INFO\] (stacks|Tests run)|^\[ERROR|BUILD'
