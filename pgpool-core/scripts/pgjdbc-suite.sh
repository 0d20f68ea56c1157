#!/usr/bin/env bash
# Runs the tests that pgjdbc ships with its sources, straight to PostgreSQL 15 and through the pooler (transaction mode, 20
# servers), and prints those that fail through the pooler only. Takes a quarter of an hour; nothing of the suite is kept.
#   pgpool-core/scripts/pgjdbc-suite.sh [directory for the reports] [pattern of class names]
set -euo pipefail
core=$(cd "$(dirname "$0")/.." && pwd)
reports=$(mkdir -p "${1:-$core/target/pgjdbc-suite}" && cd "${1:-$core/target/pgjdbc-suite}" && pwd)
classes=${2:-.*}
version=42.7.8
console=1.13.4

mvn -B -q -Pquick -f "$core/../pom.xml" -pl pgpool-core test-compile dependency:build-classpath \
    -Dmdep.outputFile="$reports/core.classpath"
# From a folder without a project: what is copied there is no dependency of ours.
(cd "$reports" &&
    mvn -B -q dependency:copy -Dartifact="org.postgresql:postgresql:$version:tar.gz:jdbc-src" -DoutputDirectory="$reports" &&
    mvn -B -q dependency:copy -Dartifact="org.junit.platform:junit-platform-console-standalone:$console" \
        -DoutputDirectory="$reports")
rm -rf "$reports/postgresql-$version-jdbc-src"
tar xzf "$reports/postgresql-$version-jdbc-src.tar.gz" -C "$reports"
suite=$reports/postgresql-$version-jdbc-src
mvn -B -q -f "$suite/pom.xml" test-compile dependency:build-classpath -Dmdep.outputFile="$reports/suite.classpath"

cat >"$reports/create.sql" <<'SQL'
CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS sslinfo;
SQL
rm -f "$reports/hold"
mkfifo "$reports/hold"
exec 3<>"$reports/hold"
route=
trap 'kill $route 2>/dev/null || true' EXIT

# A server and a pooler of its own for each run: the tests change their tables. Sets direct and pooled to the ports.
start_route() {
    : >"$reports/ports"
    java -Xmx1g -Dpgpool.test.postgres.dir="$core/target/postgres" \
        -cp "$core/target/test-classes:$core/target/classes:$(cat "$reports/core.classpath")" \
        dev.pgpool.core.clients.StandaloneRoute 15 test test 20 "$reports/create.sql" \
        <"$reports/hold" >"$reports/ports" 2>>"$reports/pooler.log" 3>&- &
    route=$!
    until [ -s "$reports/ports" ]; do
        kill -0 $route || { cat "$reports/pooler.log" >&2; exit 1; }
        sleep 0.2
    done
    read -r direct pooled <"$reports/ports"
}

# run <name> <port>: CopyTest.lockReleaseOnCancelFailure sends rows until the server that it terminates is gone; through a
# pooler the process id is that of no server, so that it never ends.
run() {
    sed "s/^test.url.PGPORT=.*/test.url.PGPORT=$2/; s/^test.url.PGHOST=.*/test.url.PGHOST=127.0.0.1/" \
        "$suite/build.properties" >"$suite/build.local.properties"
    rm -rf "$reports/$1"
    (cd "$suite" &&
        timeout 3600 java -Xmx1g -Dbuild.properties.relative.path=. -Djunit.jupiter.extensions.autodetection.enabled=true \
            -cp "target/classes:target/test-classes:$(cat "$reports/suite.classpath"):$reports/junit-platform-console-standalone-$console.jar" \
            org.junit.platform.console.ConsoleLauncher execute --scan-classpath target/test-classes \
            --include-classname "$classes" --exclude-methodname '.*#lockReleaseOnCancelFailure.*' \
            --details=summary --reports-dir "$reports/$1" >"$reports/$1.txt" 2>&1) || true
    grep -E "tests (found|failed|aborted|successful)" "$reports/$1.txt" | sed "s/^/$1: /" || cat "$reports/$1.txt"
    # The name of a test case stands before its failure.
    awk 'match($0, /<testcase name="[^"]*" classname="[^"]*"/) { name = substr($0, RSTART + 10, RLENGTH - 10) }
         /<(failure|error)[ >]/ { print name }' "$reports/$1"/*.xml | sort -u >"$reports/$1.failed"
    kill $route
    wait $route || true
}

start_route
run direct "$direct"
start_route
run pooled "$pooled"
echo "failed through the pooler only:"
comm -13 "$reports/direct.failed" "$reports/pooled.failed"
