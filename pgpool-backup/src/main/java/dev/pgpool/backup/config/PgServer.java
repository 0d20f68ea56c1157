package dev.pgpool.backup.config;

import dev.pgpool.backup.internal.check.Problems;
import java.nio.charset.StandardCharsets;
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
 * @param host name, address, or directory of a unix socket, which begins with a slash
 * @param port TCP port
 * @param user role to log in as
 * @param password its password; empty to rely on the server's trust or on a certificate
 * @param adminDatabase the database for questions about the whole server, and where the advisory lock is held
 * @param sslMode libpq's and JDBC's word: disable, allow, prefer, require, verify-ca, verify-full
 * @param sslRootCert file of the trusted authorities, or {@code null}
 * @param sslCert file with the client's certificate as PEM, or {@code null}
 * @param sslKey file with its key as PEM (PKCS 8, without a passphrase, readable by its owner only), or {@code null}
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
        @Nullable Path sslCert,
        @Nullable Path sslKey,
        Duration connectTimeout) {

    private static final Set<String> SSL_MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    /** Checks each value. */
    public PgServer {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        Problems problems = new Problems();
        problems.require(!host.isBlank(), "host", "empty", "a name, an address, or the directory of a unix socket");
        problems.require(port >= 1 && port <= 65_535, "port", port, "1 to 65535");
        problems.require(!user.isBlank(), "user", "empty", "a role name");
        name("user", user, problems);
        name("adminDatabase", adminDatabase, problems);
        problems.require(SSL_MODES.contains(sslMode), "sslMode", "\"" + sslMode + "\"", "one of " + SSL_MODES);
        problems.require(
                (sslCert == null) == (sslKey == null), "sslCert", sslCert + ", sslKey: " + sslKey, "both or neither");
        problems.require(
                !connectTimeout.isNegative() && connectTimeout.toSeconds() >= 1,
                "connectTimeout",
                connectTimeout,
                "at least 1 s");
        problems.throwIfAny("");
    }

    private static void name(String what, String name, Problems problems) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        problems.require(
                bytes <= DatabaseSelection.MAX_NAME_BYTES && name.indexOf('\0') < 0,
                what,
                bytes + " bytes",
                "at most " + DatabaseSelection.MAX_NAME_BYTES + ", no zero character");
    }

    /** A server without a client certificate. */
    public PgServer(
            String host,
            int port,
            String user,
            String password,
            String adminDatabase,
            String sslMode,
            @Nullable Path sslRootCert,
            Duration connectTimeout) {
        this(host, port, user, password, adminDatabase, sslMode, sslRootCert, null, null, connectTimeout);
    }

    /** A builder; its defaults are port 5432 and those of {@link #of}. */
    public static PgServerBuilder builder() {
        return new PgServerBuilder();
    }

    /** True if it is reached by a unix socket. */
    public boolean isLocal() {
        return host.startsWith("/");
    }

    /** A server with the admin database {@code postgres}, {@code sslMode prefer} and ten seconds to connect. */
    public static PgServer of(String host, int port, String user, String password) {
        return new PgServer(host, port, user, password, "postgres", "prefer", null, Duration.ofSeconds(10));
    }

    /** The same server with another admin database. */
    public PgServer withAdminDatabase(String name) {
        return new PgServer(host, port, user, password, name, sslMode, sslRootCert, sslCert, sslKey, connectTimeout);
    }

    /** The same server with TLS as given. */
    public PgServer withTls(String mode, @Nullable Path rootCert) {
        return new PgServer(
                host,
                port,
                user,
                password,
                adminDatabase,
                mode.toLowerCase(Locale.ROOT),
                rootCert,
                sslCert,
                sslKey,
                connectTimeout);
    }

    /** Everything but the password. */
    @Override
    public String toString() {
        return user + "@" + host + ":" + port;
    }
}
