#!/bin/sh
# Compares JDBC ways of one JVM to PostgreSQL: direct, HikariCP, PgBouncer if it is there, pgpool by TCP and in-process.
# JAVA=... names another java, for virtual threads one of 21 or newer. Options: --help.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# Thousands of clients by TCP are twice as many files.
ulimit -n "$(ulimit -Hn)"
classpath=$("$here/classpath.sh")
exec "${JAVA:-java}" -Xmx3g -Dio.netty.leakDetection.level=disabled -cp "$classpath" \
    dev.pgpool.benchmarks.compare.JdbcLoops "$@"
