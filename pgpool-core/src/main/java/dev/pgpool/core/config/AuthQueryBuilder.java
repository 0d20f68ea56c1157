package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Describes an auth query; given to the lambda of {@code authQuery}. Not thread-safe. */
public final class AuthQueryBuilder {
    private String user = "";
    private Optional<String> password = Optional.empty();
    private Optional<String> database = Optional.empty();
    private boolean failAtLogin;
    private String query = AuthQueryConfig.DEFAULT_QUERY;
    private Duration timeout = Duration.ofSeconds(5);
    private int maxConnections = 2;

    /** No default: the user that asks the server for secrets. It must be allowed to read them. */
    public AuthQueryBuilder user(String user) {
        this.user = Objects.requireNonNull(user, "user");
        return this;
    }

    /** Default none. The secret of the user that asks; without it the credential store is asked. */
    public AuthQueryBuilder password(String password) {
        this.password = Optional.of(Objects.requireNonNull(password, "password"));
        return this;
    }

    /** Default: the one that the client asked for. The database, as clients name it, in which the query runs. */
    public AuthQueryBuilder database(String database) {
        this.database = Optional.of(Objects.requireNonNull(database, "database"));
        return this;
    }

    /**
     * Default false: a {@link #database} that no entry serves, or that is the console, is refused when the configuration
     * is built. True, as in PgBouncer: the configuration stands, and each login that needs the query is refused.
     */
    public AuthQueryBuilder failAtLogin(boolean failAtLogin) {
        this.failAtLogin = failAtLogin;
        return this;
    }

    /**
     * Default {@link AuthQueryConfig#DEFAULT_QUERY}. Its parameter {@code $1} is the user, and it answers two columns:
     * the user and the secret. It runs with the search path that the role and the database of the query say.
     */
    public AuthQueryBuilder query(String query) {
        this.query = Objects.requireNonNull(query, "query");
        return this;
    }

    /** Default 5 s. How long an answer may take, connecting included; then the login is refused. */
    public AuthQueryBuilder timeout(Duration timeout) {
        this.timeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /** Default 2. Connections for such queries at most; they are kept for a minute after their last use. */
    public AuthQueryBuilder maxConnections(int maxConnections) {
        this.maxConnections = maxConnections;
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public AuthQueryConfig build() {
        return new AuthQueryConfig(user, password, database, failAtLogin, query, timeout, maxConnections);
    }
}
