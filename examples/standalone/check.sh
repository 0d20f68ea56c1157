#!/usr/bin/env bash
# The distribution that the build has made: started in the background, asked by pg_isready, ended; and how long it takes to start.
# Then the same with a Java of its own. Needs pg_isready, psql and what check-jlink.sh needs. Run it after mvn verify.
set -euo pipefail
cd "$(dirname "$0")/../.."

pooler=$PWD/examples/target/standalone/pgpool-standalone/bin/pgpool-standalone
[ -x "$pooler" ] || { echo "no distribution: run mvn verify first" >&2; exit 1; }
directory=$(mktemp -d)
export XDG_CACHE_HOME=$directory/cache
export PGCONNECT_TIMEOUT=10
finish() {
    [ -f "$directory/pid" ] && kill -QUIT "$(cat "$directory/pid")" 2>/dev/null
    rm -rf "$directory"
}
trap finish EXIT
cd "$directory"
fail() {
    echo "FAILED: $*" >&2
    cat log 2>/dev/null >&2 || true
    exit 1
}
await() { # <what is expected> <command>...: for at most a minute
    local expected=$1 end=$((SECONDS + 60))
    shift
    while [ $SECONDS -lt $end ]; do
        case $(timeout 10 "$@" 2>&1) in *"$expected"*) return 0 ;; esac
        sleep 0.05
    done
    fail "$* does not say \"$expected\""
}

[ "$("$pooler" --version | head -n 1)" = "PgBouncer 1.25.2" ] || fail "--version"
"$pooler" --help | grep -q 'Usage:' || fail "--help"
"$pooler" 2>/dev/null && fail "no file, and no complaint"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >pgbouncer.ini <<INI
[databases]
app = host=127.0.0.1 port=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir = $directory
auth_type = trust
logfile = $directory/log
pidfile = $directory/pid
INI

# The first run that lasts leaves an archive of classes to the next ones; it is made beside it.
PGPOOL_ARCHIVE_DELAY=0 "$pooler" -d pgbouncer.ini || fail "-d"
await "is there" sh -c 'for made in "$XDG_CACHE_HOME"/pgpool-standalone/*.jsa; do [ -f "$made" ] && echo "is there"; done'
pg_isready -q -h 127.0.0.1 -p "$port" || fail "the first run has not outlived the making of the archive"
kill -QUIT "$(cat pid)"
for ((i = 0; i < 200; i++)); do [ -e pid ] || break; sleep 0.05; done

best=
for run in 1 2 3; do
    before=$(date +%s%N)
    "$pooler" -d pgbouncer.ini || fail "-d"
    millis=$((($(date +%s%N) - before) / 1000000))
    [ $run -gt 1 ] && { [ -z "$best" ] || [ $millis -lt "$best" ]; } && best=$millis
    pid=$(cat pid)
    pg_isready -q -h 127.0.0.1 -p "$port" || fail "pg_isready by TCP"
    pg_isready -q -h "$directory" -p "$port" || fail "pg_isready by socket"
    if [ $run = 2 ]; then
        # Somebody else has the pid file, and the port.
        said=$("$pooler" -d pgbouncer.ini 2>&1) && fail "started twice"
        case $said in "FATAL pgbouncer.ini:9: pidfile: "*"names process $pid)") ;; *) fail "$said" ;; esac
        kill -USR1 "$pid"
        await "paused|yes" psql -At -h "$directory" -p "$port" -U pgbouncer pgbouncer -c "SHOW STATE"
        kill -USR2 "$pid"
        await "active|yes" psql -At -h "$directory" -p "$port" -U pgbouncer pgbouncer -c "SHOW STATE"
        echo "default_pool_size = 3" >>pgbouncer.ini
        kill -HUP "$pid"
        await "default_pool_size|3|20|yes" psql -At -h "$directory" -p "$port" -U pgbouncer pgbouncer -c "SHOW CONFIG"
    fi
    case $run in 1) kill -TERM "$pid" ;; 2) kill -INT "$pid" ;; *) kill -QUIT "$pid" ;; esac
    for ((i = 0; i < 200; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -0 "$pid" 2>/dev/null && fail "signal $run does not end it"
    [ -e pid ] && fail "the pid file is left"
    grep -q "\[$pid\] LOG process ends" log || fail "no last line in the log"
done

# A script that starts it in the background, with nohup, makes it ignore INT, QUIT and HUP; a pooler hears them all the same.
for signal in INT QUIT; do
    sh -c 'nohup "$1" -q pgbouncer.ini >/dev/null 2>&1 & echo $! >started' sh "$pooler"
    pid=$(cat started)
    await "accepting" pg_isready -h 127.0.0.1 -p "$port"
    sed -i "s/^default_pool_size.*/default_pool_size = 1$((RANDOM % 9))/" pgbouncer.ini
    kill -HUP "$pid"
    await "default_pool_size|$(sed -n 's/^default_pool_size = //p' pgbouncer.ini)|" \
        psql -At -h "$directory" -p "$port" -U pgbouncer pgbouncer -c "SHOW CONFIG"
    kill -$signal "$pid"
    for ((i = 0; i < 200; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -0 "$pid" 2>/dev/null && fail "$signal does not end one that was started in the background"
done
echo "started in $best ms (the better of two, with an archive of classes)"
"${pooler%/target/*}/standalone/check-jlink.sh"
echo "standalone: all as it should be"
