#!/usr/bin/env bash
# Runs the tests that PgBouncer ships with its sources against the standalone distribution, as if that were PgBouncer, and
# prints how many passed, failed and were skipped, and which failed. Takes half an hour; wants a machine without other work.
#   pgpool-core/scripts/pgbouncer-suite.sh [directory for the reports] [pytest's expression for the names of tests] [program]
# Needs PostgreSQL 15's programs, openssl, socat, slapd with its clients, and python3 with pip (Debian: postgresql-15 openssl socat slapd
# ldap-utils python3-pip); without an index
# of Python packages pytest, pytest-asyncio, pytest-timeout, pytest-xdist, psycopg 3 and filelock have to be there. As root the tests run as
# SUITE_USER (nobody): initdb wants no root. The program is the distribution of this checkout where none is given: a directory with
# bin/pgpool-standalone, or a program like PgBouncer, such as PgBouncer.
# MIRROR is a mirror of Debian, which has PgBouncer's sources.
set -euo pipefail
core=$(cd "$(dirname "$0")/.." && pwd)
reports=$(mkdir -p "${1:-$core/target/pgbouncer-suite}" && cd "${1:-$core/target/pgbouncer-suite}" && pwd)
# What is not there is left out: a take-over of sockets by another process (-R). The restart is that of -R, too.
names="${2:-not takeover and not test_online_restart}"
version=1.25.2
mirror=${MIRROR:-http://deb.debian.org/debian}
postgres=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
python=${PYTHON:-/usr/bin/python3}

program=${3:-}
if [ -z "$program" ]; then
    mvn -B -q -Pquick -f "$core/../pom.xml" -pl examples -am package -DskipTests -Dmaven.test.skip=false
    program=$core/../examples/target/standalone/pgpool-standalone
fi

archive=$reports/pgbouncer-$version.tar.gz
[ -s "$archive" ] || curl -fsS --retry 5 --retry-all-errors -o "$archive" "$mirror/pool/main/p/pgbouncer/pgbouncer_$version.orig.tar.gz"
packages=$reports/python
mkdir -p "$packages"
[ -d "$packages/pytest" ] ||
    "$python" -m pip install -q --target "$packages" pytest pytest-asyncio pytest-timeout pytest-xdist psycopg filelock ||
    echo "no packages were installed: those of $python are used" >&2

# Where the other user may read and write; the path is short, since those of unix sockets have to be.
work=$(mktemp -d /tmp/suite.XXXXXX)
trap 'rm -rf "$work"' EXIT
tar xzf "$archive" -C "$work"
suite=$work/pgbouncer-$version
cp -r "$packages" "$work/python"
printf 'ldap_support = yes\ntls_support = yes\n' >"$suite/config.mak"
if [ -d "$program" ]; then
    cp -r "$program" "$work/program"
    printf '#!/bin/sh\nexec "%s/program/bin/pgpool-standalone" "$@"\n' "$work" >"$suite/pgbouncer"
else
    cp "$program" "$suite/pgbouncer"
fi
chmod 755 "$suite/pgbouncer"
# A JVM takes longer to start than 5 s where others want the processor, too.
sed -i 's/tries > 50:/tries > 200:/' "$suite/test/utils.py"
sed -i '/--showlocals/d' "$suite/pyproject.toml"
# libldap is told there to take any certificate, which a JVM can't be: the directory gets a good one, and the JVM trusts its authority.
mkdir "$work/ca"
openssl req -new -nodes -keyout "$work/ca/ca.key" -x509 -out "$work/ca/ca.crt" -subj /CN=CA 2>/dev/null
openssl req -new -nodes -keyout "$work/ca/server.key" -out "$work/ca/server.csr" -subj /CN=server 2>/dev/null
openssl x509 -req -in "$work/ca/server.csr" -CA "$work/ca/ca.crt" -CAkey "$work/ca/ca.key" -CAcreateserial -out "$work/ca/server.crt" \
    -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:localhost) 2>/dev/null
keytool -importcert -noprompt -alias ca -file "$work/ca/ca.crt" -keystore "$work/ca/trust.p12" -storepass changeit 2>/dev/null
sed -i -e '/^openssl /d' -e "s|^mkdir -p \${slapd_certs}|&; cp $work/ca/* \${slapd_certs}|" "$suite/test/start_openldap_server.sh"
mkdir "$work/home" "$work/tmp"
chmod -R go+rX "$work"

as=()
if [ "$(id -u)" -eq 0 ]; then
    user=${SUITE_USER:-nobody}
    chown -R "$user" "$work"
    as=(runuser -u "$user" --)
fi
status=0
(cd "$suite/test" &&
    "${as[@]}" env HOME="$work/home" TMPDIR="$work/tmp" PYTHONPATH="$work/python" PATH="$postgres:$PATH" PYTHONDONTWRITEBYTECODE=1 \
        JAVA_OPTS="-Djavax.net.ssl.trustStore=$work/ca/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit ${JAVA_OPTS:-}" \
        "$python" -m pytest -rfEs -k "$names" -p no:cacheprovider -v . >"$reports/suite.txt" 2>&1) || status=$?
grep -E '^(FAILED|ERROR|SKIPPED) ' "$reports/suite.txt" | cut -c 1-160 || true
tail -n 1 "$reports/suite.txt"
exit "$status"
