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
    public static Builder builder() {
        return new Builder();
    }

    /** True if it is reached by a unix socket. */
    public boolean isLocal() {
        return host.startsWith("/");
    }

    /** Builds a {@link PgServer}. */
    public static final class Builder {
        private String host = "localhost";
        private int port = 5432;
        private String user = "";
        private String password = "";
        private String adminDatabase = "postgres";
        private String sslMode = "prefer";
        private @Nullable Path sslRootCert;
        private @Nullable Path sslCert;
        private @Nullable Path sslKey;
        private Duration connectTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /** Default {@code localhost}: name, address, or directory of a unix socket. */
        public Builder host(String name) {
            host = name;
            return this;
        }

        /** Default 5432. */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /** Required: role to log in as. */
        public Builder user(String name) {
            user = name;
            return this;
        }

        /** Default none. */
        public Builder password(String secret) {
            password = secret;
            return this;
        }

        /** Default {@code postgres}: the database for questions about the whole server. */
        public Builder adminDatabase(String name) {
            adminDatabase = name;
            return this;
        }

        /** Default {@code prefer}: disable, allow, prefer, require, verify-ca or verify-full. */
        public Builder sslMode(String mode) {
            sslMode = mode.toLowerCase(Locale.ROOT);
            return this;
        }

        /** Default none: file of the trusted authorities. */
        public Builder sslRootCert(Path pem) {
            sslRootCert = pem;
            return this;
        }

        /** Default none: the client's certificate and its key, which is PKCS 8 and readable by its owner only. */
        public Builder clientCertificate(Path certificatePem, Path keyPem) {
            sslCert = certificatePem;
            sslKey = keyPem;
            return this;
        }

        /** Default 10 s: for one connection attempt. */
        public Builder connectTimeout(Duration limit) {
            connectTimeout = limit;
            return this;
        }

        /**
         * The server.
         *
         * @throws IllegalArgumentException naming every setting that is wrong
         */
        public PgServer build() {
            return new PgServer(
                    host, port, user, password, adminDatabase, sslMode, sslRootCert, sslCert, sslKey, connectTimeout);
        }
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
