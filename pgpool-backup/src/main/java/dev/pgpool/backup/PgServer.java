package dev.pgpool.backup;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server and how to log in. It must be the server itself, not a pooler in transaction mode: backups need
 * sessions that stay.
 *
 * @param host name, address, or directory of a unix socket (the tools only; JDBC needs a host)
 * @param port TCP port
 * @param user role to log in as
 * @param password its password; empty to rely on the server's trust or on a certificate
 * @param adminDatabase the database for questions about the whole server, and where the advisory lock is held
 * @param sslMode libpq's and JDBC's word: disable, allow, prefer, require, verify-ca, verify-full
 * @param sslRootCert file of the trusted authorities, or {@code null}
 * @param connectTimeout for one connection attempt
 */
public record PgServer(
        String host,
        int port,
        String user,
        String password,
        String adminDatabase,
        String sslMode,
        @Nullable Path sslRootCert,
        Duration connectTimeout) {

    private static final Set<String> SSL_MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    /** Checks each value. */
    public PgServer {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        if (host.isBlank()) {
            throw new IllegalArgumentException("host: empty (expected: a name or address)");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
        }
        if (user.isBlank()) {
            throw new IllegalArgumentException("user: empty (expected: a role name)");
        }
        if (!SSL_MODES.contains(sslMode)) {
            throw new IllegalArgumentException("sslMode: \"" + sslMode + "\" (expected: one of " + SSL_MODES + ")");
        }
        if (connectTimeout.isNegative() || connectTimeout.toSeconds() < 1) {
            throw new IllegalArgumentException("connectTimeout: " + connectTimeout + " (expected: at least 1 s)");
        }
    }

    /** A server with the admin database {@code postgres}, {@code sslMode prefer} and ten seconds to connect. */
    public static PgServer of(String host, int port, String user, String password) {
        return new PgServer(host, port, user, password, "postgres", "prefer", null, Duration.ofSeconds(10));
    }

    /** The same server with another admin database. */
    public PgServer withAdminDatabase(String name) {
        return new PgServer(host, port, user, password, name, sslMode, sslRootCert, connectTimeout);
    }

    /** The same server with TLS as given. */
    public PgServer withTls(String mode, @Nullable Path rootCert) {
        return new PgServer(
                host, port, user, password, adminDatabase, mode.toLowerCase(Locale.ROOT), rootCert, connectTimeout);
    }

    /** Everything but the password. */
    @Override
    public String toString() {
        return user + "@" + host + ":" + port;
    }
}
