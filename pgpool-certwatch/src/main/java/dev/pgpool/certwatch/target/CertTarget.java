package dev.pgpool.certwatch.target;

import dev.pgpool.certwatch.finding.Mute;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** One thing whose certificates are watched. Its name is its identity: two targets of one watch never share it. */
public sealed interface CertTarget permits Endpoint, CertificateFile, TrustStoreTarget, TargetSet {

    /** Identity of the target, and the {@code instance} tag of its meters. */
    String name();

    /** What is particular to it. */
    TargetPolicy policy();

    /** The same target under another name. */
    CertTarget named(String other);

    /** The same target with another policy. */
    CertTarget withPolicy(TargetPolicy other);

    /** Gives the target to the function for its kind. */
    <R> R map(
            Function<? super Endpoint, ? extends R> endpoint,
            Function<? super CertificateFile, ? extends R> file,
            Function<? super TrustStoreTarget, ? extends R> trustStore,
            Function<? super TargetSet, ? extends R> set);

    /** Own thresholds; absent to use those of the watch. */
    default @Nullable Thresholds thresholds() {
        return policy().thresholds();
    }

    /** Further labels such as {@code team}. */
    default Map<String, String> labels() {
        return policy().labels();
    }

    /** The same target with own thresholds. */
    default CertTarget withThresholds(Thresholds other) {
        return withPolicy(policy().withThresholds(other));
    }

    /** The same target, probed so often. */
    default CertTarget every(Duration interval) {
        return withPolicy(policy().withInterval(interval));
    }

    /** The same target with one more label; see {@link TargetPolicy} for their bounds. */
    default CertTarget withLabel(String label, String value) {
        return withPolicy(policy().withLabel(label, value));
    }

    /** The same target with one more kind of finding muted. */
    default CertTarget muting(Mute mute) {
        return withPolicy(policy().withMute(mute));
    }

    /**
     * Reads a target from a URL: {@code https://host[:port]}, {@code tls://host:port}, {@code postgres://host[:port]}, {@code
     * postgres+direct://host}, {@code smtp+starttls://host} (and {@code imap}, {@code pop3}, {@code ftp}, {@code ldap}, {@code
     * mysql}), {@code smtps://}, {@code imaps://}, {@code pop3s://}, {@code ftps://}, {@code ldaps://}, {@code file:/path}, {@code
     * file:/directory/} and {@code file:/path/*.pem} for all certificate files there, {@code targets:/path} for a file that lists
     * targets, {@code truststore:jdk} and {@code truststore:os}.
     *
     * <p>Options follow as query, percent-encoded where needed; {@code docs/targets.md} lists them all. For every target: {@code name}, {@code
     * warning}, {@code critical}, {@code interval}, {@code mute} and {@code label.<name>}. For servers besides: {@code sni},
     * {@code verify}, {@code expect}, {@code ca}, {@code capassword}, {@code client}, {@code clientpassword}, {@code proxy}, {@code
     * address}, {@code tls}, {@code ciphers}, {@code keys}, {@code proxyprotocol} and {@code ehlo}; for files {@code password}
     * and {@code key}. Users, passwords and the database of a {@code postgres} URL are ignored and kept nowhere.
     *
     * @throws IllegalArgumentException if the URL cannot be understood; the message says where, and repeats no password
     */
    static CertTarget parse(String url) {
        return TargetUrl.parse(url);
    }

    /** TLS from the first byte. */
    static Endpoint tls(String host, int port) {
        return Endpoint.of(Protocol.TLS, host, port);
    }

    /** HTTPS on port 443. */
    static Endpoint https(String host) {
        return Endpoint.of(Protocol.HTTPS, host, Protocol.HTTPS.defaultPort());
    }

    /** A PostgreSQL server asked by SSLRequest. */
    static Endpoint postgres(String host, int port) {
        return Endpoint.of(Protocol.POSTGRES, host, port);
    }

    /** A PEM or DER file, or a key store without password. */
    static CertificateFile file(Path path) {
        return CertificateFile.of(path);
    }

    /**
     * One PostgreSQL target for each different server in a list of databases that the host has, such as those of a
     * pooler's configuration.
     */
    static <D> List<Endpoint> postgres(
            Collection<D> databases, Function<? super D, String> host, ToIntFunction<? super D> port) {
        Map<String, Endpoint> byServer = new LinkedHashMap<>();
        for (D database : databases) {
            Endpoint endpoint = postgres(host.apply(database), port.applyAsInt(database));
            byServer.putIfAbsent(endpoint.name().toLowerCase(Locale.ROOT), endpoint);
        }
        return List.copyOf(byServer.values());
    }
}
