#!/bin/sh
# Compiles the benchmarks with what they need and prints the class path to run them with.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mvn -q -f "$root/pom.xml" -pl pgpool-benchmarks -am -Pquick -DskipTests test-compile \
    dependency:build-classpath -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=runtime >&2
echo "$root/pgpool-benchmarks/target/classes:$(cat "$root/pgpool-benchmarks/target/classpath.txt")"
