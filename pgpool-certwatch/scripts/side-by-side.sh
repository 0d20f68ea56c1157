#!/usr/bin/env bash
# Our figures beside those of Blackbox Exporter, on servers (nginx, OpenSSL, and haproxy and stunnel where they are installed) with
# healthy, unhealthy and odd certificates. Ends with an error
# if a healthy target's figures or labels differ, if we have none for another, if nginx has logged an error, or if
# promtool, where it is there, refuses the alert rules or one of our two pages of metrics.
# usage: pgpool-certwatch/scripts/side-by-side.sh
# needs: mvn, openssl, nginx, prometheus-blackbox-exporter; better with promtool (package prometheus)
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin

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

mvn -q -Pquick -pl pgpool-certwatch -am test-compile dependency:build-classpath \
    -Dmdep.outputFile="$dir/classpath" -Dmdep.regenerateFile=true >&2
cp="pgpool-certwatch/target/test-classes:pgpool-certwatch/target/classes:pgpool-core/target/classes:$(cat "$dir/classpath")"

# An authority that can sign with any dates: authority <name> <parent or -> <start> <end>, leaf <name> <authority> <start> <end>
mkdir "$dir/db"
: >"$dir/db/index"
echo 1000 >"$dir/db/serial"
cat >"$dir/ca.cnf" <<EOF
[ca]
default_ca = any
[any]
dir = $dir/db
database = $dir/db/index
serial = $dir/db/serial
new_certs_dir = $dir/db
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[constrained]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
nameConstraints = critical,permitted;DNS:example.org
[client_only]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
subjectAltName = DNS:localhost
[many]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost$(for ((i = 0; i < 20; i++)); do printf ',DNS:name-%d.example.org' "$i"; done)
[unknown]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
1.2.3.4.5 = critical,ASN1:NULL
EOF
# Kind of key, hash and extensions of what is issued next.
key=ec:prime256v1 hash=sha256 extensions=leaf
request() {
    local new=(-newkey "$key")
    [[ $key == ec:* ]] && new=(-newkey ec -pkeyopt "ec_paramgen_curve:${key#ec:}")
    openssl req -new "${new[@]}" -nodes -keyout "$dir/$1.key" -subj "/CN=$2" -out "$dir/$1.csr" 2>/dev/null
}
day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
issue() {
    local signer=(-cert "$dir/$2.pem" -keyfile "$dir/$2.key")
    [ "$2" = self ] && signer=(-selfsign -keyfile "$dir/$1.key")
    openssl ca -batch -notext -md "$hash" -config "$dir/ca.cnf" -in "$dir/$1.csr" "${signer[@]}" -extensions "$3" \
        -startdate "$(day "$4")" -enddate "$(day "$5")" -out "$dir/$1.pem" 2>/dev/null
}
request root "Root"; issue root self authority "-1000 days" "+4000 days"
request middle "Middle"; issue middle root authority "-900 days" "+1200 days"
request ending "Ending"; issue ending root authority "-900 days" "+40 days"
request over "Over"; issue over root authority "-900 days" "-1 day"
request stranger "Stranger"; issue stranger self authority "-900 days" "+900 days"
leaf() { request "$1" localhost; issue "$1" "$2" "$extensions" "$3" "$4"; cat "$dir/$1.pem" "${@:5}" >"$dir/$1.chain"; }
leaf good middle "-10 days" "+200 days" "$dir/middle.pem"
leaf short middle "-1 day" "+5 days" "$dir/middle.pem"
leaf rooted middle "-10 days" "+200 days" "$dir/middle.pem" "$dir/root.pem"
leaf under-ending ending "-10 days" "+200 days" "$dir/ending.pem"
leaf expired middle "-100 days" "-2 days" "$dir/middle.pem"
leaf under-over over "-10 days" "+200 days" "$dir/over.pem"
leaf early middle "+10 days" "+200 days" "$dir/middle.pem"
leaf untrusted stranger "-10 days" "+200 days" "$dir/stranger.pem"
leaf incomplete middle "-10 days" "+200 days"
key=rsa:2048 leaf rsa middle "-10 days" "+200 days" "$dir/middle.pem"
key=ec:secp384r1 leaf p-384 middle "-10 days" "+200 days" "$dir/middle.pem"
leaf reversed middle "-10 days" "+200 days" "$dir/root.pem" "$dir/middle.pem"
leaf twice middle "-10 days" "+200 days" "$dir/middle.pem" "$dir/middle.pem"
leaf stray middle "-10 days" "+200 days" "$dir/over.pem" "$dir/middle.pem"
extensions=many leaf many-names middle "-10 days" "+200 days" "$dir/middle.pem"
above=root chain=()
for ((i = 0; i < 7; i++)); do
    request "deep-$i" "Deep $i"; issue "deep-$i" "$above" authority "-500 days" "+$((900 - i)) days"
    above=deep-$i chain=("$dir/deep-$i.pem" "${chain[@]}")
done
leaf deep "$above" "-10 days" "+200 days" "${chain[@]}"
# One authority certified twice: the root of the second certificate has ended and is trusted by no one.
request former "Former"; issue former self authority "-3000 days" "-5 days"
cp "$dir/middle.csr" "$dir/crossed.csr"; cp "$dir/middle.key" "$dir/crossed.key"; issue crossed former authority "-900 days" "+100 days"
leaf cross-signed middle "-10 days" "+200 days" "$dir/crossed.pem" "$dir/middle.pem"
request constrained "Constrained"; issue constrained root constrained "-900 days" "+900 days"
leaf outside-constraint constrained "-10 days" "+200 days" "$dir/constrained.pem"
extensions=client_only leaf client-only middle "-10 days" "+200 days" "$dir/middle.pem"
extensions=unknown leaf unknown-critical middle "-10 days" "+200 days" "$dir/middle.pem"
hash=sha1 leaf sha1 middle "-10 days" "+200 days" "$dir/middle.pem"
leaf self-signed self "-10 days" "+200 days"
cp "$dir/good.key" "$dir/wrong-host.key"; cp "$dir/good.chain" "$dir/wrong-host.chain"
for same in client-demanded tls-1.2 tls-1.3 by-name; do
    cp "$dir/good.key" "$dir/$same.key"
    cp "$dir/good.chain" "$dir/$same.chain"
done

{
    echo "daemon off; pid $dir/nginx.pid; error_log $dir/error.log; events {} http { access_log off;"
    for line in healthy:good healthy:short healthy:rooted healthy:under-ending healthy:tls-1.2 \
        healthy:tls-1.3 healthy:by-name healthy:rsa healthy:p-384 healthy:reversed healthy:twice healthy:stray \
        healthy:many-names healthy:deep healthy:cross-signed other:outside-constraint other:client-only \
        other:unknown-critical other:sha1 other:self-signed other:expired other:under-over other:early \
        other:untrusted other:incomplete other:wrong-host other:client-demanded; do
        name=${line#*:} host=localhost more=
        free_port
        port=$found
        [ "$name" = wrong-host ] && host=elsewhere
        [ "$name" = sha1 ] && more="ssl_ciphers DEFAULT:@SECLEVEL=0;"
        [ "$name" = tls-1.2 ] && more="ssl_protocols TLSv1.2;"
        [ "$name" = tls-1.3 ] && more="ssl_protocols TLSv1.3;"
        if [ "$name" = by-name ]; then
            # Who does not ask for the name gets nothing.
            echo "server { listen 127.0.0.1:$port ssl default_server; ssl_reject_handshake on; }"
            more="server_name localhost;"
        fi
        [ "$name" = client-demanded ] && more="ssl_protocols TLSv1.2; ssl_verify_client on; ssl_client_certificate $dir/root.pem;"
        echo "server { listen 127.0.0.1:$port ssl; ssl_certificate $dir/$name.chain; ssl_certificate_key $dir/$name.key; $more return 204; }"
        echo "${line%%:*} $name $port $host" >>"$dir/targets"
    done
    echo "}"
} >"$dir/nginx.conf"
nginx -c "$dir/nginx.conf" -p "$dir" &
pids+=($!)

# Other servers with the same certificates.
for name in good expired; do
    kind=healthy
    [ "$name" = expired ] && kind=other
    cat "$dir/$name.chain" "$dir/$name.key" >"$dir/$name.both"
    chmod 600 "$dir/$name.both"
    if type -P haproxy >/dev/null; then
        free_port
        printf 'defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\nlisten one\n bind 127.0.0.1:%d ssl crt %s\n server none 127.0.0.1:1\n' \
            "$found" "$dir/$name.both" >"$dir/haproxy-$name.cfg"
        haproxy -db -f "$dir/haproxy-$name.cfg" >"$dir/haproxy.log" 2>&1 &
        pids+=($!)
        echo "$kind haproxy-$name $found localhost" >>"$dir/targets"
    fi
    if type -P stunnel4 >/dev/null; then
        free_port
        printf 'foreground = yes\npid =\n[one]\naccept = 127.0.0.1:%d\nconnect = 127.0.0.1:1\ncert = %s\n' \
            "$found" "$dir/$name.both" >"$dir/stunnel-$name.conf"
        stunnel4 "$dir/stunnel-$name.conf" >"$dir/stunnel.log" 2>&1 &
        pids+=($!)
        echo "$kind stunnel-$name $found localhost" >>"$dir/targets"
    fi
    free_port
    openssl s_server -quiet -accept "127.0.0.1:$found" -cert "$dir/$name.pem" -key "$dir/$name.key" -cert_chain "$dir/middle.pem" \
        -www >"$dir/openssl.log" 2>&1 &
    pids+=($!)
    echo "$kind openssl-$name $found localhost" >>"$dir/targets"
done

free_port
exporter=$found
cat >"$dir/blackbox.yml" <<EOF
modules:
  localhost: { prober: tcp, timeout: 30s, tcp: { tls: true, tls_config: { ca_file: $dir/root.pem, server_name: localhost } } }
  elsewhere: { prober: tcp, timeout: 30s, tcp: { tls: true, tls_config: { ca_file: $dir/root.pem, server_name: elsewhere } } }
EOF
prometheus-blackbox-exporter --config.file="$dir/blackbox.yml" --web.listen-address="127.0.0.1:$exporter" 2>"$dir/blackbox.log" &
pids+=($!)
for port in "$exporter" $(cut -d' ' -f3 "$dir/targets"); do
    for ((i = 0; i < 150; i++)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.2
    done
done

java -Xmx256m -cp "$cp" dev.pgpool.certwatch.bench.SideBySide "$exporter" "$dir/root.pem" "$dir/targets"
if [ -s "$dir/error.log" ]; then
    echo "nginx has logged:" >&2
    cat "$dir/error.log" >&2
    exit 1
fi
if type -P promtool >/dev/null; then
    promtool check rules pgpool-certwatch/docs/alert-rules.yml
    promtool test rules pgpool-certwatch/docs/alert-rules.test.yml
    for page in micrometer direct; do
        # Status 3 is about style, such as Blackbox's own names; a page that cannot be read is 1.
        status=0
        promtool check metrics <"$dir/targets.$page" >"$dir/promtool.log" 2>&1 || status=$?
        if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then
            cat "$dir/promtool.log" >&2
            exit 1
        fi
        echo "promtool reads our $page page: $(grep -vc '^#' "$dir/targets.$page") samples"
    done
fi
