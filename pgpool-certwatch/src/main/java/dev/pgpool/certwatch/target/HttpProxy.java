package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.trust.Secret;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy that is asked by CONNECT for a tunnel to the target. The proxy resolves the target's name.
 *
 * @param host name or address of the proxy
 * @param port its port
 * @param user user for basic authentication, absent for none
 * @param password password for basic authentication; never printed
 */
public record HttpProxy(
        String host,
        int port,
        @Nullable String user,
        @Nullable Secret password) {

    public HttpProxy {
        requireNonNull(host, "host");
        if (host.isBlank()) {
            throw new IllegalArgumentException("proxy.host: \"\" (expected: a host name or address)");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("proxy.port: " + port + " (expected: 1 to 65535)");
        }
    }

    /** A proxy without authentication. */
    public static HttpProxy of(String host, int port) {
        return new HttpProxy(host, port, null, null);
    }

    /** A proxy that wants a user and a password, of which a copy is kept. */
    public static HttpProxy of(String host, int port, String user, char[] password) {
        return new HttpProxy(host, port, requireNonNull(user, "user"), Secret.of(password));
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
