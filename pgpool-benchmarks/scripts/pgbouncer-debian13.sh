#!/bin/sh
# Unpacks Debian 13's PgBouncer (1.24, with prepared statements in transaction mode) and its libraries into target/, or the
# directory given, installs nothing, and prints the directory to put in front of PATH. For older Debians on x86-64.
#   pgbouncer-debian13.sh [directory]
set -eu
mirror=${MIRROR:-http://deb.debian.org/debian}
directory=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/pgbouncer-debian13}
packages="pgbouncer libc6 libcares2 libevent-2.1-7t64 libssl3t64 libpam0g libaudit1 libcap-ng0 libsystemd0 libcap2
    libzstd1 zlib1g libldap2 libsasl2-2 liblz4-1 liblzma5 libgcrypt20 libgpg-error0"

mkdir -p "$directory/bin"
directory=$(cd "$directory" && pwd)
cd "$directory"
curl -fsS --retry 5 --retry-all-errors "$mirror/dists/trixie/main/binary-amd64/Packages.xz" | xz -dc >Packages
for package in $packages; do
    file=$(awk -v name="$package" '$1 == "Package:" { found = $2 == name } found && $1 == "Filename:" { print $2; exit }' Packages)
    curl -fsS --retry 5 --retry-all-errors -o package.deb "$mirror/$file"
    dpkg -x package.deb root
done
cat >bin/pgbouncer <<WRAPPER
#!/bin/sh
exec "$directory/root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$directory/root/usr/lib/x86_64-linux-gnu" \\
    "$directory/root/usr/sbin/pgbouncer" "\$@"
WRAPPER
chmod +x bin/pgbouncer
bin/pgbouncer --version >&2
echo "$directory/bin"
