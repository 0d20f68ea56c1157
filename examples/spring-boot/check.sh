#!/usr/bin/env bash
# The bank on Spring Boot 4 and 3.5, tested through its HTTP interface against a real PostgreSQL, with the libraries as installed: transactions,
# locks, batches, migrations, Liquibase, jOOQ, ShedLock, Quartz, R2DBC, a second data source, meters, health, the end under load.
# PGPOOL_INSTALLED=1 takes the libraries that are installed already. Needs pg_dump.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${PGPOOL_INSTALLED:-}" != 1 ]; then
    mvn -q -B install -DskipTests -pl pgpool-core,pgpool-backup,pgpool-certwatch -am
fi
mvn -B -ntp -fae -f examples/spring-boot/pom.xml verify -Dsurefire.rerunFailingTestsCount=1 | grep -E '^\[INFO\] (spring-boot|Tests run|.*Flakes)|^\[ERROR|BUILD'
