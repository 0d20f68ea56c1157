package dev.pgpool.certwatch;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** One thing whose certificates are watched. Its name is its identity: two targets of one watch never share it. */
public sealed interface CertTarget permits Endpoint, CertificateFile, TrustStoreTarget {

    /** Identity of the target, and the {@code instance} tag of its meters. */
    String name();

    /** Own thresholds; absent to use those of the watch. */
    @Nullable
    Thresholds thresholds();

    /**
     * Reads a target from a URL: {@code https://host[:port]}, {@code tls://host:port}, {@code postgres://host[:port]}, {@code
     * postgres+direct://host}, {@code smtp+starttls://host} (and {@code imap}, {@code pop3}, {@code ftp}, {@code ldap}, {@code
     * mysql}), {@code smtps://}, {@code imaps://}, {@code pop3s://}, {@code ftps://}, {@code ldaps://}, {@code file:/path}, {@code
     * truststore:jdk} and {@code truststore:os}.
     *
     * <p>Options follow as query: {@code name}, {@code sni}, {@code verify=none|ca|full} (or libpq's {@code sslmode}), {@code
     * expect=/path/to/file.pem}, {@code warning=30d} and {@code critical=7d}, and for files {@code password} and {@code key}.
     * Users, passwords and the database of a {@code postgres} URL are ignored and kept nowhere.
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
