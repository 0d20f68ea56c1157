package dev.pgpool.certwatch;

import static java.util.Objects.requireNonNull;

import java.net.IDN;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server. All addresses of its host are looked at.
 *
 * @param name identity; by default {@code host:port} for PostgreSQL and plain TLS, else the URL
 * @param protocol how to get to the handshake
 * @param host name or IP literal to connect to
 * @param port port to connect to
 * @param serverName name sent as SNI and compared with the certificate; by default the host. An IP literal is compared
 *     but never sent
 * @param verification what a client would check
 * @param trust trust anchors; absent to use those of the watch
 * @param thresholds own thresholds; absent to use those of the watch
 * @param expectedFile certificate file the server is meant to serve; absent if not compared
 * @param proxy HTTP proxy to go through; absent for a direct connection
 * @param client certificate shown to a server that demands one; absent to show none
 */
public record Endpoint(
        String name,
        Protocol protocol,
        String host,
        int port,
        String serverName,
        Verification verification,
        @Nullable TrustSource trust,
        @Nullable Thresholds thresholds,
        @Nullable Path expectedFile,
        @Nullable HttpProxy proxy,
        @Nullable ClientIdentity client)
        implements CertTarget {

    public Endpoint {
        if (requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("name: \"\" (expected: not blank)");
        }
        requireNonNull(protocol, "protocol");
        host = asciiName("host", host);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(name + ": port " + port + " (expected: 1 to 65535)");
        }
        serverName = asciiName("serverName", serverName);
        requireNonNull(verification, "verification");
    }

    /** An endpoint with the defaults of its protocol. */
    public static Endpoint of(Protocol protocol, String host, int port) {
        String ascii = asciiName("host", host);
        String shown = ascii.indexOf(':') >= 0 ? "[" + ascii + "]" : ascii;
        String name = switch (protocol) {
            case HTTPS -> "https://" + shown + (port == protocol.defaultPort() ? "" : ":" + port);
            case TLS, POSTGRES, POSTGRES_DIRECT -> shown + ":" + port;
            case SMTP, IMAP, POP3, FTP, LDAP, MYSQL -> protocol.scheme() + "://" + shown + ":" + port;
        };
        return new Endpoint(
                name, protocol, ascii, port, ascii, protocol.defaultVerification(), null, null, null, null, null);
    }

    /** The same endpoint under another name. */
    public Endpoint named(String other) {
        return new Endpoint(
                other, protocol, host, port, serverName, verification, trust, thresholds, expectedFile, proxy, client);
    }

    /** The same endpoint, asked for and compared with this name. */
    public Endpoint withServerName(String other) {
        return new Endpoint(
                name, protocol, host, port, other, verification, trust, thresholds, expectedFile, proxy, client);
    }

    /** The same endpoint with another policy. */
    public Endpoint withVerification(Verification other) {
        return new Endpoint(
                name, protocol, host, port, serverName, other, trust, thresholds, expectedFile, proxy, client);
    }

    /** The same endpoint with own trust anchors. */
    public Endpoint withTrust(TrustSource other) {
        return new Endpoint(
                name, protocol, host, port, serverName, verification, other, thresholds, expectedFile, proxy, client);
    }

    /** The same endpoint with own thresholds. */
    public Endpoint withThresholds(Thresholds other) {
        return new Endpoint(
                name, protocol, host, port, serverName, verification, trust, other, expectedFile, proxy, client);
    }

    /** The same endpoint, whose leaf is compared with the first certificate of a PEM or DER file. */
    public Endpoint expectedFrom(Path file) {
        return new Endpoint(
                name, protocol, host, port, serverName, verification, trust, thresholds, file, proxy, client);
    }

    /** The same endpoint through a proxy. */
    public Endpoint through(HttpProxy other) {
        return new Endpoint(
                name, protocol, host, port, serverName, verification, trust, thresholds, expectedFile, other, client);
    }

    /** The same endpoint, shown this certificate on demand. */
    public Endpoint withClient(ClientIdentity other) {
        return new Endpoint(
                name, protocol, host, port, serverName, verification, trust, thresholds, expectedFile, proxy, other);
    }

    @Override
    public String toString() {
        return name;
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
