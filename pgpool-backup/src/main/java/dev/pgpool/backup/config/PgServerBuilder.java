package dev.pgpool.backup.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Builds a {@link PgServer}. All problems are reported together by {@link #build}. */
public final class PgServerBuilder {
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

    PgServerBuilder() {}

    /** Default {@code localhost}: name, address, or directory of a unix socket. */
    public PgServerBuilder host(String name) {
        host = name;
        return this;
    }

    /** Default 5432. */
    public PgServerBuilder port(int number) {
        port = number;
        return this;
    }

    /** Required: role to log in as. */
    public PgServerBuilder user(String name) {
        user = name;
        return this;
    }

    /** Default none. */
    public PgServerBuilder password(String secret) {
        password = secret;
        return this;
    }

    /** Default {@code postgres}: the database for questions about the whole server. */
    public PgServerBuilder adminDatabase(String name) {
        adminDatabase = name;
        return this;
    }

    /** Default {@code prefer}: disable, allow, prefer, require, verify-ca or verify-full. */
    public PgServerBuilder sslMode(String mode) {
        sslMode = mode.toLowerCase(Locale.ROOT);
        return this;
    }

    /** Default none: file of the trusted authorities. */
    public PgServerBuilder sslRootCert(Path pem) {
        sslRootCert = pem;
        return this;
    }

    /** Default none: the client's certificate and its key, which is PKCS 8 and readable by its owner only. */
    public PgServerBuilder clientCertificate(Path certificatePem, Path keyPem) {
        sslCert = certificatePem;
        sslKey = keyPem;
        return this;
    }

    /** Default 10 s: for one connection attempt. */
    public PgServerBuilder connectTimeout(Duration limit) {
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
