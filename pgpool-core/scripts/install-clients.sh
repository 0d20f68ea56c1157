#!/usr/bin/env bash
# Installs what the tests of -Pclients run: psql and pgbench, psycopg 2 and 3, Node.js with node-postgres and Drizzle, and
# PgBouncer for the tests that compare with it.
# On Debian 12 and Ubuntu, as root or with sudo. Does nothing where all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
type -P psql >/dev/null || missing+=(postgresql-client-15)
type -P pgbench >/dev/null || missing+=(postgresql-15)
/usr/bin/python3 -c 'import psycopg' 2>/dev/null || missing+=(python3-psycopg)
/usr/bin/python3 -c 'import psycopg2' 2>/dev/null || missing+=(python3-psycopg2)
type -P node >/dev/null || missing+=(nodejs)
type -P npm >/dev/null || missing+=(npm)
type -P curl >/dev/null || missing+=(curl ca-certificates)
type -P xz >/dev/null || missing+=(xz-utils)

if [ ${#missing[@]} -gt 0 ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    "${as_root[@]}" apt-get update -qq
    # The tests start their own servers: the packages' services stay down.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# That of Debian 13 on Debian 12, too, whose own one is too old to be compared with.
pgbouncer=$PWD/src/test/clients/pgbouncer
"$pgbouncer/bin/pgbouncer" --version >/dev/null 2>&1 || ../pgpool-benchmarks/scripts/pgbouncer-debian13.sh "$pgbouncer" >/dev/null

cd src/test/clients/node
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
