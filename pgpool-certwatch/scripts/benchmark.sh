#!/usr/bin/env bash
# Sweeps over local TLS targets, by pgpool-certwatch and by Blackbox Exporter, against the same nginx, one after the other.
# usage: pgpool-certwatch/scripts/benchmark.sh [targets] [sweeps]
# needs: mvn, openssl, nginx, prometheus-blackbox-exporter, curl
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

targets=${1:-2000}
sweeps=${2:-5}
dir=$(mktemp -d)
pids=()
given=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$dir"' EXIT

# Below the range from which the kernel gives ports to clients.
free_port() {
    local port
    while true; do
        port=$((10000 + RANDOM % 20000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && [[ " ${given[*]} " != *" $port "* ]]; then
            given+=("$port")
            found=$port
            return
        fi
    done
}

classpath() {
    local core=$PWD/pgpool-core/target module=$PWD/pgpool-certwatch/target
    mvn -q -Pquick -pl pgpool-certwatch -am test-compile dependency:build-classpath \
        -Dmdep.outputFile="$dir/classpath" -Dmdep.regenerateFile=true >&2
    echo "$module/test-classes:$module/classes:$core/classes:$(cat "$dir/classpath")"
}

certificates() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$dir/ca.key"
    openssl req -x509 -new -key "$dir/ca.key" -days 3650 -subj "/CN=Bench CA" -out "$dir/ca.pem" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
    openssl ecparam -name prime256v1 -genkey -noout -out "$dir/leaf.key"
    openssl req -new -key "$dir/leaf.key" -subj "/CN=localhost" -out "$dir/leaf.csr"
    printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' >"$dir/leaf.ext"
    openssl x509 -req -in "$dir/leaf.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 200 \
        -extfile "$dir/leaf.ext" -out "$dir/leaf.pem" 2>/dev/null
}

address() { echo "127.$((1 + $1 / 62500)).$(($1 / 250 % 250)).$((1 + $1 % 250))"; }

# CPU seconds of a process, user and system.
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"; }

cp=$(classpath)
certificates
free_port
port=$found
cat >"$dir/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 4096; }
http {
    access_log off;
    server { listen 0.0.0.0:$port ssl backlog=4096; ssl_certificate $dir/leaf.pem; ssl_certificate_key $dir/leaf.key; return 204; }
}
EOF
nginx -c "$dir/nginx.conf" -p "$dir" &
pids+=($!)

free_port
probe_port=$found
cat >"$dir/blackbox.yml" <<EOF
modules:
  tls:
    prober: tcp
    timeout: 30s
    tcp: { tls: true, tls_config: { ca_file: $dir/ca.pem, server_name: localhost } }
EOF
prometheus-blackbox-exporter --config.file="$dir/blackbox.yml" --web.listen-address="127.0.0.1:$probe_port" \
    2>"$dir/blackbox.log" &
blackbox=$!
pids+=("$blackbox")
for ((i = 0; i < targets; i++)); do
    printf 'url = "http://127.0.0.1:%s/probe?module=tls&target=%s:%s"\n' "$probe_port" "$(address "$i")" "$port"
done >"$dir/urls"
until curl -fs "http://127.0.0.1:$probe_port/-/healthy" >/dev/null; do sleep 0.2; done

for ((sweep = 1; sweep <= sweeps; sweep++)); do
    before=$(cpu "$blackbox")
    started=$(date +%s.%N)
    well=$(curl -s --no-progress-meter --parallel --parallel-max 64 -K "$dir/urls" | grep -c '^probe_success 1$' || true)
    awk -v a="$started" -v b="$(date +%s.%N)" -v c="$before" -v d="$(cpu "$blackbox")" -v n="$targets" -v w="$well" -v s="$sweep" \
        -v rss="$(awk '/VmRSS/ { print $2 / 1000 }' "/proc/$blackbox/status")" 'BEGIN {
        printf "blackbox_exporter sweep %d: %d targets, %d well, %.2f s, %.2f CPU s, %.2f CPU ms/probe, %.0f probes/CPU s, RSS %.1f MB\n",
            s, n, w, b - a, d - c, (d - c) * 1000 / n, n / (d - c), rss }'
done
# A JVM compiles what it runs for its first minutes, which costs more than the probes. In a host that runs for days only the warm one
# counts; the last is a cold one that only does the cheap part of compiling.
for run in ":warm" ":" "-XX:TieredStopAtLevel=1:"; do
    jvm=${run%:*} option=${run##*:}
    echo "JVM: ${option:-cold} ${jvm}"
    # shellcheck disable=SC2086
    java -Xmx256m $jvm -cp "$cp" dev.pgpool.certwatch.bench.SweepBenchmark "$port" "$targets" "$sweeps" "$dir/ca.pem" $option
done
awk '{ print "load average at the end: " $1 }' /proc/loadavg
