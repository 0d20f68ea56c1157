package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/**
 * As whom the start looks whether a database answers: the first of the forced user, the user of the auth query that runs there, and
 * the only user of the credential store where clients log in by that.
 *
 * @param name the user
 * @param password its secret if the configuration has it; else the credential store is asked
 * @param isReal whether it would log in at all; else there is no such user, and the server's refusal is the answer
 */
record TrialUser(String name, Optional<String> password, boolean isReal) {

    static TrialUser of(DatabaseConfig database, PgPoolConfig config) {
        return database.user()
                .map(forced -> new TrialUser(forced, database.password(), true))
                .or(() -> asking(database, config))
                .or(() -> only(config.auth()))
                .orElseGet(() -> new TrialUser("pgpool", Optional.empty(), false));
    }

    /** The user of an auth query that runs in the database. */
    private static Optional<TrialUser> asking(DatabaseConfig database, PgPoolConfig config) {
        return config.databases().values().stream()
                .filter(each -> !each.name().equals(DatabaseConfig.FALLBACK) || hasOtherDatabase(each, config))
                .flatMap(
                        each -> queryOf(each, config)
                                .filter(query ->
                                        query.database().orElse(each.name()).equals(database.name()))
                                .stream())
                .map(query -> new TrialUser(query.user(), query.password(), true))
                .findFirst();
    }

    private static boolean hasOtherDatabase(DatabaseConfig fallback, PgPoolConfig config) {
        return queryOf(fallback, config).flatMap(AuthQueryConfig::database).isPresent();
    }

    private static Optional<AuthQueryConfig> queryOf(DatabaseConfig database, PgPoolConfig config) {
        return database.authQuery().or(config.auth()::query);
    }

    private static Optional<TrialUser> only(AuthConfig auth) {
        boolean byStore = auth.hbaFile().isEmpty()
                && switch (auth.method()) {
                    case PASSWORD, MD5, SCRAM_SHA_256 -> true;
                    default -> false;
                };
        if (!byStore) {
            return Optional.empty();
        }
        Iterator<String> users = auth.credentials().users().orElse(Set.of()).iterator();
        if (!users.hasNext()) {
            return Optional.empty();
        }
        String first = users.next();
        return users.hasNext() ? Optional.empty() : Optional.of(new TrialUser(first, Optional.empty(), true));
    }

    @Override
    public String toString() {
        return "TrialUser[" + name + "]";
    }
}
