#!/usr/bin/env bash
# What a watch keeps: as many targets as told, each with a certificate of its own, looked at twice by a JVM of 64 MB, which
# writes Prometheus' page after each sweep. With "meters" a registry of Micrometer is bound and scraped instead.
# usage: pgpool-certwatch/scripts/memory.sh [targets] [meters]
# needs: mvn
set -euo pipefail
cd "$(dirname "$0")/../.."

targets=${1:-10000}
what=${2:-page}
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT

mvn -q -Pquick -pl pgpool-certwatch -am test-compile dependency:build-classpath \
    -Dmdep.outputFile="$dir/classpath" -Dmdep.regenerateFile=true >&2
cp="pgpool-certwatch/target/test-classes:pgpool-certwatch/target/classes:pgpool-core/target/classes:$(cat "$dir/classpath")"

java -Xmx512m -cp "$cp" dev.pgpool.certwatch.bench.ManyCertificates "$dir/ca.pem" >"$dir/port" &
server=$!
until [ -s "$dir/port" ]; do sleep 0.2; done
java -Xmx64m -cp "$cp" dev.pgpool.certwatch.bench.SweepBenchmark "$(cat "$dir/port")" "$targets" 2 "$dir/ca.pem" names "$what"
