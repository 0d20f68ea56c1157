package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import java.net.IDN;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server. All addresses of its host are probed.
 *
 * @param name identity; by default {@code host:port} for PostgreSQL and plain TLS, else the URL, with the server name if that
 *     is another than the host
 * @param protocol how to get to the handshake
 * @param host name or IP literal to connect to
 * @param port port to connect to
 * @param serverName name sent as SNI and compared with the certificate; by default the host. An IP literal is compared
 *     but never sent
 * @param verification what a client would check
 * @param trust trust anchors; absent to use those of the watch
 * @param expectedFile certificate file the server is meant to serve; absent if not compared
 * @param proxy HTTP proxy to go through; absent for a direct connection
 * @param client certificate shown to a server that demands one; absent to show none
 * @param connect how the connection is made
 * @param policy what is particular to the target
 */
public record Endpoint(
        String name,
        Protocol protocol,
        String host,
        int port,
        String serverName,
        Verification verification,
        @Nullable TrustSource trust,
        @Nullable Path expectedFile,
        @Nullable HttpProxy proxy,
        @Nullable ClientIdentity client,
        ConnectOptions connect,
        TargetPolicy policy)
        implements CertTarget {

    public Endpoint {
        TargetPolicy.requireName(name);
        requireNonNull(protocol, "protocol");
        host = asciiName("host", host);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(name + ": port " + port + " (expected: 1 to 65535)");
        }
        serverName = asciiName("serverName", serverName);
        requireNonNull(verification, "verification");
        requireNonNull(connect, "connect");
        requireNonNull(policy, "policy");
        if (proxy != null && !connect.addresses().isEmpty()) {
            throw new IllegalArgumentException(
                    name + ": address beside proxy (expected: one, the proxy finds addresses)");
        }
        if (connect.ehlo() != null && protocol != Protocol.SMTP) {
            throw new IllegalArgumentException(name + ": ehlo (expected: with SMTP only)");
        }
    }

    /** An endpoint with the defaults of its protocol. */
    public static Endpoint of(Protocol protocol, String host, int port) {
        String ascii = asciiName("host", host);
        return new Endpoint(
                defaultName(protocol, ascii, port, ascii),
                protocol,
                ascii,
                port,
                ascii,
                protocol.defaultVerification(),
                null,
                null,
                null,
                null,
                ConnectOptions.USUAL,
                TargetPolicy.DEFAULT);
    }

    /**
     * Reads an endpoint from a URL, see {@link CertTarget#parse(String)}.
     *
     * @throws IllegalArgumentException if the URL cannot be understood, or means no server
     */
    public static Endpoint parse(String url) {
        if (CertTarget.parse(url) instanceof Endpoint endpoint) {
            return endpoint;
        }
        throw new IllegalArgumentException("a URL of a file or trust store (expected: that of a server)");
    }

    /** One server with several certificates makes several targets, one for each name asked for. */
    private static String defaultName(Protocol protocol, String host, int port, String serverName) {
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        String name = switch (protocol) {
            case HTTPS -> "https://" + shown + (port == protocol.defaultPort() ? "" : ":" + port);
            case TLS, POSTGRES, POSTGRES_DIRECT -> shown + ":" + port;
            case SMTP, IMAP, POP3, FTP, LDAP, MYSQL -> protocol.scheme() + "://" + shown + ":" + port;
        };
        return serverName.equals(host) ? name : name + "?sni=" + serverName;
    }

    @Override
    public Endpoint named(String other) {
        return copy(copy -> copy.name = other);
    }

    /** The same endpoint, asked for and compared with this name; a name of its own stays, the default one says so. */
    public Endpoint withServerName(String other) {
        String ascii = asciiName("serverName", other);
        boolean byDefault = name.equals(defaultName(protocol, host, port, serverName));
        return copy(copy -> {
            copy.name = byDefault ? defaultName(protocol, host, port, ascii) : name;
            copy.serverName = ascii;
        });
    }

    /** The same endpoint with another policy of verification. */
    public Endpoint withVerification(Verification other) {
        return copy(copy -> copy.verification = other);
    }

    /** The same endpoint with own trust anchors. */
    public Endpoint withTrust(TrustSource other) {
        return copy(copy -> copy.trust = other);
    }

    /** The same endpoint, whose leaf is compared with the first certificate of a PEM or DER file. */
    public Endpoint expectedFrom(Path file) {
        return copy(copy -> copy.expectedFile = file);
    }

    /** The same endpoint through a proxy. */
    public Endpoint through(HttpProxy other) {
        return copy(copy -> copy.proxy = other);
    }

    /** The same endpoint, shown this certificate on demand. */
    public Endpoint withClient(ClientIdentity other) {
        return copy(copy -> copy.client = other);
    }

    /** The same endpoint, connected to in another way. */
    public Endpoint connecting(ConnectOptions other) {
        return copy(copy -> copy.connect = other);
    }

    @Override
    public Endpoint withPolicy(TargetPolicy other) {
        return copy(copy -> copy.policy = other);
    }

    @Override
    public Endpoint withThresholds(Thresholds other) {
        return withPolicy(policy.withThresholds(other));
    }

    @Override
    public Endpoint every(Duration interval) {
        return withPolicy(policy.withInterval(interval));
    }

    @Override
    public Endpoint withLabel(String label, String value) {
        return withPolicy(policy.withLabel(label, value));
    }

    @Override
    public Endpoint muting(Mute mute) {
        return withPolicy(policy.withMute(mute));
    }

    @Override
    public <R> R map(
            Function<? super Endpoint, ? extends R> endpoint,
            Function<? super CertificateFile, ? extends R> file,
            Function<? super TrustStoreTarget, ? extends R> trustStore,
            Function<? super TargetSet, ? extends R> set) {
        return endpoint.apply(this);
    }

    @Override
    public String toString() {
        return name;
    }

    private Endpoint copy(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return new Endpoint(
                copy.name,
                protocol,
                host,
                port,
                copy.serverName,
                copy.verification,
                copy.trust,
                copy.expectedFile,
                copy.proxy,
                copy.client,
                copy.connect,
                copy.policy);
    }

    /** What a copy of an endpoint may have otherwise. */
    private static final class Copy {
        private String name;
        private String serverName;
        private Verification verification;
        private @Nullable TrustSource trust;
        private @Nullable Path expectedFile;
        private @Nullable HttpProxy proxy;
        private @Nullable ClientIdentity client;
        private ConnectOptions connect;
        private TargetPolicy policy;

        Copy(Endpoint endpoint) {
            this.name = endpoint.name;
            this.serverName = endpoint.serverName;
            this.verification = endpoint.verification;
            this.trust = endpoint.trust;
            this.expectedFile = endpoint.expectedFile;
            this.proxy = endpoint.proxy;
            this.client = endpoint.client;
            this.connect = endpoint.connect;
            this.policy = endpoint.policy;
        }
    }

    /** Lower case, without brackets and trailing dot, international names as A-labels. */
    private static String asciiName(String what, String given) {
        String host = requireNonNull(given, what).trim();
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.endsWith(".")) {
            host = host.substring(0, host.length() - 1);
        }
        if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || "/?#@\\\"<>".indexOf(c) >= 0)) {
            throw new IllegalArgumentException(what + ": \"" + given + "\" (expected: a host name or IP address)");
        }
        if (host.chars().allMatch(c -> c < 0x80)) {
            return host.toLowerCase(Locale.ROOT);
        }
        try {
            return IDN.toASCII(host, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    what + ": \"" + given + "\" (expected: a valid international name, " + e.getMessage() + ")", e);
        }
    }
}
