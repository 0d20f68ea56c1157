#!/bin/sh
# Installs what the tests in packages named live talk to: PostgreSQL's client programs, on Debian or Ubuntu, as root.
# Does nothing where they are present. Without them `mvn verify` passes too, but runs fewer tests.
set -eu
if command -v pg_dump >/dev/null && command -v pg_restore >/dev/null && command -v psql >/dev/null; then
    pg_dump --version
    exit 0
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql-client
pg_dump --version
