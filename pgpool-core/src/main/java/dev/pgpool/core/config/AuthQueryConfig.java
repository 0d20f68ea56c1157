package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How the pooler asks a server for the secret of a user: PgBouncer's {@code auth_query}.
 *
 * @param user the user that asks; it must be allowed to read secrets on the server
 * @param password secret of that user; empty if the credential store knows it or the server does not ask
 * @param database name, as clients say it, of the database in which the query runs; empty means the one that the client
 *     asked for
 * @param failAtLogin whether a {@code database} that no entry serves is an error of each login that needs it, and not of
 *     the configuration
 * @param query SQL with the one parameter {@code $1}, the user; answers at most one row of two columns: the user, and
 *     the secret, or NULL if the user may not log in. It runs with the search path that the role and the database say
 * @param timeout how long an answer may take, connecting included
 * @param maxConnections connections for such queries at most; those that find none free wait their turn
 */
public record AuthQueryConfig(
        String user,
        Optional<String> password,
        Optional<String> database,
        boolean failAtLogin,
        String query,
        Duration timeout,
        int maxConnections) {

    /**
     * PgBouncer's default, with every name qualified. A user whose {@code VALID UNTIL} has passed has no secret
     * (CVE-2025-2291).
     */
    public static final String DEFAULT_QUERY = "SELECT rolname, CASE WHEN rolvaliduntil OPERATOR(pg_catalog.<)"
            + " pg_catalog.now() THEN NULL ELSE rolpassword END FROM pg_catalog.pg_authid"
            + " WHERE rolname OPERATOR(pg_catalog.=) $1 AND rolcanlogin";

    void check(String path, Problems problems) {
        problems.require(!user.isEmpty(), path + ".user", "\"\"", "the name of a user who may read secrets");
        password.ifPresent(secret -> problems.secret(path + ".password", user, secret));
        problems.require(query.contains("$1"), path + ".query", "\"" + query + "\"", "SQL with the parameter $1");
        problems.positive(path + ".timeout", timeout);
        problems.range(path + ".maxConnections", maxConnections, 1, 100);
    }

    @Override
    public String toString() {
        return "AuthQueryConfig[user=" + user + ", password=" + (password.isPresent() ? "<redacted>" : "<none>")
                + ", database=" + database + ", failAtLogin=" + failAtLogin + ", query=" + query + ", timeout="
                + timeout + ", maxConnections="
                + maxConnections + "]";
    }
}
