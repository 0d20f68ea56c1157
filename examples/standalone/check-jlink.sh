#!/usr/bin/env bash
# The distribution with a Java of its own, where there is no other: no java on the path, no JAVA_HOME. It answers a client by TLS, from a
# PostgreSQL that it reaches by TLS, and ends. Needs a JDK for jlink, PostgreSQL 15 and openssl. Run it after mvn verify.
set -euo pipefail
cd "$(dirname "$0")"
directory=$(mktemp -d)
finish() {
    [ -f "$directory/pid" ] && kill -QUIT "$(cat "$directory/pid")" 2>/dev/null
    [ -d "$directory/data" ] && as_postgres "$server/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$directory"
}
trap finish EXIT
fail() {
    echo "FAILED: $*" >&2
    cat "$directory/log" >&2 2>/dev/null || true
    exit 1
}
as_postgres() { # PostgreSQL refuses to be root's
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

export PGCONNECT_TIMEOUT=10
./jlink.sh "$directory/pgpool"
chmod 755 "$directory"

server=/usr/lib/postgresql/15/bin
mkdir "$directory/data"
[ "$(id -u)" = 0 ] && chown postgres "$directory/data"
as_postgres "$server/initdb" -D "$directory/data" -U app -A trust >/dev/null
# Keys of both kinds: elliptic curves to clients, RSA to the server.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -days 2 -keyout "$directory/key.pem" -out "$directory/cert.pem" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -days 2 -keyout "$directory/data/server.key" -out "$directory/data/server.crt" 2>/dev/null
cp "$directory/data/server.crt" "$directory/ca.pem"
[ "$(id -u)" = 0 ] && chown postgres "$directory"/data/server.*
db_port=$(free_port)
as_postgres "$server/pg_ctl" -D "$directory/data" -w -l "$directory/data/log" \
    -o "-p $db_port -c listen_addresses=localhost -c unix_socket_directories= -c ssl=on" start >/dev/null

port=$(free_port)
echo '"app" "geheim"' >"$directory/userlist.txt"
cat >"$directory/pgbouncer.ini" <<INI
[databases]
app = host=localhost port=$db_port dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $directory/userlist.txt
client_tls_sslmode = require
client_tls_cert_file = $directory/cert.pem
client_tls_key_file = $directory/key.pem
server_tls_sslmode = verify-full
server_tls_ca_file = $directory/ca.pem
logfile = $directory/log
pidfile = $directory/pid
INI

# The system's programs, but no java.
mkdir "$directory/programs"
ln -sf /usr/bin/* /bin/* "$directory/programs/"
rm -f "$directory"/programs/{java,jre,jdk}*
alone() {
    env -i PATH="$directory/programs" HOME="$directory" "$@"
}
alone sh -c 'command -v java' && fail "there is a java"

for run in first second; do
    before=$(date +%s%N)
    alone "$directory/pgpool/bin/pgpool-standalone" -d "$directory/pgbouncer.ini" || fail "-d"
    millis=$((($(date +%s%N) - before) / 1000000))
    pid=$(cat "$directory/pid")
    [ "$(readlink "/proc/$(pgrep -P "$pid" -x java)/exe")" = "$directory/pgpool/java/bin/java" ] || fail "not its own java"
    seen=$(PGPASSWORD=geheim timeout 20 psql -At "host=localhost hostaddr=127.0.0.1 port=$port dbname=app user=app sslmode=verify-full sslrootcert=$directory/cert.pem" \
        -c "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()") || fail "no answer"
    [ "$seen" = TLSv1.3 ] || fail "the server sees $seen"
    kill -TERM "$pid"
    for ((i = 0; i < 200; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -0 "$pid" 2>/dev/null && fail "TERM does not end it"
    [ -e "$directory/pid" ] && fail "the pid file is left"
    echo "without an installed Java: started in $millis ms (the $run time)"
done
