#!/usr/bin/env bash
# The distribution with a Java of its own, so that it starts where none is installed: pgpool-standalone-with-java beside the distribution,
# or the directory that is named. Made by the jlink of JAVA_HOME, or of the path; for that JDK's platform only. Run it after mvn package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
distribution=$here/../target/standalone/pgpool-standalone
image=${1:-$here/../target/standalone/pgpool-standalone-with-java}
[ -d "$distribution/lib" ] || { echo "no distribution: run mvn package first" >&2; exit 1; }
tools=${JAVA_HOME:+$JAVA_HOME/bin/}
[ -n "$tools" ] || tools=$(dirname "$(readlink -f "$(command -v jlink)")")/

# What the classes name, and what is found by its name only: elliptic curves of TLS.
modules=$("${tools}jdeps" --ignore-missing-deps --multi-release 17 --print-module-deps -cp "$distribution/lib/*" "$distribution"/lib/*.jar 2>/dev/null | tail -n 1)
modules=$modules,jdk.crypto.ec
rm -rf "$image"
cp -R "$distribution" "$image"
if ! said=$("${tools}jlink" --add-modules "$modules" --output "$image/java" \
    --strip-java-debug-attributes --no-header-files --no-man-pages --compress=2 2>&1); then
    echo "$said" >&2
    exit 1
fi
# The archive of the JDK's own classes, on which that of the launcher is built.
"$image/java/bin/java" -Xshare:dump >/dev/null 2>&1
echo "$image: Java $(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$image/java/release"), $(du -sm "$image" | cut -f 1) MB, of these Java $(du -sm "$image/java" | cut -f 1) MB, modules $modules"
