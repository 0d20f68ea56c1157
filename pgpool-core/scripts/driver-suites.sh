#!/usr/bin/env bash
# Runs the tests that vertx-pg-client ships with, straight to PostgreSQL 15 and through the pooler (transaction mode, 20
# servers), and prints those that fail through the pooler only. Takes minutes; nothing of the suite is kept.
#   pgpool-core/scripts/driver-suites.sh [directory for the reports]
set -euo pipefail
core=$(cd "$(dirname "$0")/.." && pwd)
reports=$(mkdir -p "${1:-$core/target/driver-suites}" && cd "${1:-$core/target/driver-suites}" && pwd)

mvn -B -q -Pquick -f "$core/../pom.xml" -pl pgpool-core test-compile dependency:build-classpath \
    -Dmdep.outputFile="$reports/core.classpath"
mvn -B -q -f "$core/src/test/suites/vertx.xml" dependency:build-classpath -Dmdep.outputFile="$reports/vertx.classpath"

tests=$(tr ':' '\n' <"$reports/vertx.classpath" | grep 'vertx-pg-client-.*-tests.jar$')
rm -rf "$reports/suite"
mkdir "$reports/suite"
(cd "$reports/suite" && jar xf "$tests")
# Those that need containers, TLS or unix sockets of their own are left out.
classes=$(cd "$reports/suite" && find . -name '*Test.class' |
    grep -vE '/(TLSTest|UnixDomainSocketTest|PgBouncerTest|SharedPoolTest|MissingScramTest|EnvTest)\.class' |
    sed 's|^\./||; s|/|.|g; s|\.class$||' | sort)

mkfifo "$reports/suite/hold"
exec 3<>"$reports/suite/hold"
route=
trap 'kill $route 2>/dev/null || true' EXIT

# A server and a pooler of its own for each run: the tests change their tables. Sets direct and pooled to the ports.
start_route() {
    : >"$reports/suite/ports"
    java -Xmx1g -Dpgpool.test.postgres.dir="$core/target/postgres" \
        -cp "$core/target/test-classes:$core/target/classes:$(cat "$reports/core.classpath")" \
        dev.pgpool.core.clients.StandaloneRoute 15 postgres postgres 20 "$reports/suite/create-postgres.sql" \
        <"$reports/suite/hold" >"$reports/suite/ports" 2>>"$reports/pooler.log" 3>&- &
    route=$!
    until [ -s "$reports/suite/ports" ]; do
        kill -0 $route || { cat "$reports/pooler.log" >&2; exit 1; }
        sleep 0.2
    done
    read -r direct pooled <"$reports/suite/ports"
}

# run <name> <port>
run() {
    (cd "$reports/suite" &&
        # shellcheck disable=SC2086
        timeout 1200 java -Xmx700m "-Dconnection.uri=postgresql://postgres:postgres@127.0.0.1:$2/postgres" \
            -cp "$(cat "$reports/vertx.classpath")" org.junit.runner.JUnitCore $classes >"$reports/$1.txt" 2>&1) || true
    grep -E '^(OK|Tests run:)' "$reports/$1.txt" | sed "s/^/$1: /"
    grep -oE '^[0-9]+\) .*' "$reports/$1.txt" | sed 's/^[0-9]*) //' | sort -u >"$reports/$1.failed" || true
    kill $route
    wait $route || true
}

start_route
run direct "$direct"
start_route
run pooled "$pooled"
echo "failed through the pooler only:"
comm -13 "$reports/direct.failed" "$reports/pooled.failed"
