#!/usr/bin/env bash
# A release up to the upload, into a directory and signed with a key of the moment: the three libraries, their parent and the BOM, each jar
# with sources, documentation, licence and bill of materials, no test jars; and the same bytes when built once more. Needs gpg.
set -euo pipefail
cd "$(dirname "$0")/../.."
modules=pgpool-core/bom,pgpool-core,pgpool-backup,pgpool-certwatch
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/gpg" --kill all 2>/dev/null; rm -rf "$work"' EXIT
mkdir -m 700 "$work/gpg"
gpg --homedir "$work/gpg" --batch --quiet --passphrase '' --quick-generate-key 'check <check@example.org>' rsa3072 sign 1d
MAVEN_GPG_KEY=$(gpg --homedir "$work/gpg" --batch --armor --pinentry-mode loopback --passphrase '' --export-secret-keys)
export MAVEN_GPG_KEY

build() {
    rm -rf target pgpool-{core,backup,certwatch}/target
    mvn -q -B -Drelease "$@" -pl "$modules" -am
    (for module in core backup certwatch; do
        sha256sum "pgpool-$module/target/pgpool-$module-"*.jar "pgpool-$module/target/bom.json"
    done) | sort -k 2
}

build deploy -DaltDeploymentRepository="local::file:$work/staging" >"$work/first"
find "$work/staging" -type f -printf '%f\n' | grep -E '\.(jar|pom|json|xml)(\.asc)?$' | sed -E 's/-[0-9]{8}\.[0-9]{6}-[0-9]+//' | sort >"$work/published"

fail() {
    echo "$*" >&2
    exit 1
}
for module in core backup certwatch; do
    for file in .jar -sources.jar -javadoc.jar -cyclonedx.json .pom; do
        for suffix in '' .asc; do
            grep -qx "pgpool-$module-.*$file$suffix" "$work/published" || fail "pgpool-$module: no $file$suffix is published"
        done
    done
    [ -n "$(unzip -Z1 "pgpool-$module/target/pgpool-$module-"*[0-9T].jar META-INF/LICENSE)" ] || fail "pgpool-$module: no licence in the jar"
done
if grep -E 'tests|examples|benchmarks' "$work/published"; then
    fail "published, and nobody's library"
fi

build verify -Dgpg.skip >"$work/second"
diff "$work/first" "$work/second" || fail "two builds, and not the same bytes"
echo "published would be $(grep -c -v asc "$work/published") files, each signed; two builds have the same bytes"
