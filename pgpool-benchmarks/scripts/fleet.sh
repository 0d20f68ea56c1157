#!/bin/sh
# Compares ways for twenty instances of a service to share forty servers of one PostgreSQL, under a load that wanders: a static share
# for each, one central PgBouncer if it is there, a fleet. Some four minutes. Options: --help.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ulimit -n "$(ulimit -Hn)"
classpath=$("$here/classpath.sh")
exec "${JAVA:-java}" -Xmx1g -Dio.netty.leakDetection.level=disabled -cp "$classpath" \
    dev.pgpool.benchmarks.compare.FleetLoops "$@"
