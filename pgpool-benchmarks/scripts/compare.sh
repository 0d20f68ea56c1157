#!/bin/sh
# Compares PgBouncer with pgpool as it is delivered, PostgreSQL alone and a bare relay on this machine; prints all tables of the
# module's page as markdown, in some twenty minutes. Needs pgbench, psql, openssl and PgBouncer (installed from Debian's packages where
# apt-get is and we are root; a newer PgBouncer may stand before it on PATH). Options: --help.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

install_if_missing() { # program, Debian package
    if ! command -v "$1" >/dev/null && ! ls "/usr/sbin/$1" /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            # Run level 1 keeps the package from starting a service.
            RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >&2
        else
            echo "$1 not found; install it first (Debian: apt-get install $2)" >&2
            exit 1
        fi
    fi
}
install_if_missing pgbench postgresql-contrib
case "$*" in
*--only*) ;;
*) install_if_missing pgbouncer pgbouncer ;;
esac

# Thousands of idle clients are as many files, here and in the pooler.
ulimit -n "$(ulimit -Hn)"
root=$(cd "$here/../.." && pwd)
distribution=$root/examples/target/standalone/pgpool-standalone
mvn -q -f "$root/pom.xml" -pl examples,pgpool-benchmarks -am -Pquick -DskipTests package >&2
classpath=$("$here/classpath.sh")
# as an image would have it
"$distribution/bin/pgpool-standalone" --make-archive >&2
exec java -Xmx1g -Dpgpool.standalone="$distribution/bin/pgpool-standalone" -cp "$classpath" \
    dev.pgpool.benchmarks.compare.Compare "$@"
