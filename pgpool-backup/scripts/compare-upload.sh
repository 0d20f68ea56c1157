#!/bin/sh
# Compares the engine with `pg_dump -Fc | rclone rcat` on the same database and the same S3 server (s3proxy, in memory), by
# turns, and prints medians of five rounds after one to warm up, or of as many as the first argument says, with 4 million rows or
# as many million as the second says. Run from the repository's root; needs pg_dump 15 or newer and rclone on PATH.
set -eu
command -v pg_dump >/dev/null || { echo "pg_dump is missing (Debian: postgresql-client)" >&2; exit 1; }
command -v rclone >/dev/null || { echo "rclone is missing (Debian: rclone)" >&2; exit 1; }
classpath=$(mktemp)
trap 'rm -f "$classpath"' EXIT
mvn -q -B -pl pgpool-backup -am test-compile dependency:build-classpath -Dmdep.outputFile="$classpath"
java -Xmx4g -Dlog.level=OFF -Dpgpool.test.postgres.dir=pgpool-backup/target/postgres \
    -cp "pgpool-backup/target/test-classes:pgpool-backup/target/classes:$(cat "$classpath")" \
    dev.pgpool.backup.store.live.UploadComparison "$@"
