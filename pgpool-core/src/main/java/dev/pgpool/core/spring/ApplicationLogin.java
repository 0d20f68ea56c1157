package dev.pgpool.core.spring;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.PgPoolConfig;
import java.util.List;
import java.util.Optional;
import org.springframework.core.env.Environment;

/** As whom the application's own data source logs in to the pooler, and to which database. */
final class ApplicationLogin {
    private final HostSettings host;
    private final PgPoolConfig config;
    private final Environment environment;

    ApplicationLogin(HostSettings host, PgPoolConfig config, Environment environment) {
        this.host = host;
        this.config = config;
        this.environment = environment;
    }

    /**
     * The database, as clients name it.
     *
     * @throws SettingException if it is not named and there is not only one
     */
    String database() {
        return named().or(this::only)
                .orElseThrow(() -> new SettingException(
                        "pgpool.datasource.database",
                        "not set (expected: the database of the data source, as there is not only one: "
                                + String.join(", ", config.databaseNames()) + "; or pgpool.datasource.enabled=false)",
                        null));
    }

    /** Empty if nothing says it. */
    Optional<String> user() {
        List<String> users = List.copyOf(host.knownSecrets().keySet());
        return host.ofDataSource()
                .namedUser()
                .or(() -> users.size() == 1 ? Optional.of(users.get(0)) : Optional.empty())
                .or(() -> property("spring.datasource.username"))
                .or(() -> property("spring.r2dbc.username"))
                .or(() -> served().flatMap(DatabaseConfig::user));
    }

    /** Empty if nothing says it, or only what a password can't be had of. */
    Optional<String> password() {
        Optional<String> user = user();
        return host.ofDataSource()
                .givenPassword()
                .or(() -> user.flatMap(name ->
                        plain(name, Optional.ofNullable(host.knownSecrets().get(name)))))
                .or(() -> ifUserIs("spring.datasource.username", user)
                        .flatMap(u -> property("spring.datasource.password")))
                .or(() -> ifUserIs("spring.r2dbc.username", user).flatMap(u -> property("spring.r2dbc.password")))
                .or(() -> served().filter(database -> database.user().equals(user))
                        .flatMap(database -> plain(user.orElse(""), database.password())));
    }

    private Optional<String> named() {
        return host.ofDataSource().namedDatabase();
    }

    private Optional<String> only() {
        List<String> databases = config.databaseNames();
        return databases.size() == 1 && !databases.get(0).equals(DatabaseConfig.FALLBACK)
                ? Optional.of(databases.get(0))
                : Optional.empty();
    }

    private Optional<DatabaseConfig> served() {
        return named().or(this::only).flatMap(config::database);
    }

    private Optional<String> ifUserIs(String property, Optional<String> user) {
        return property(property).filter(name -> user.equals(Optional.of(name)));
    }

    private Optional<String> property(String name) {
        return Optional.ofNullable(environment.getProperty(name));
    }

    private static Optional<String> plain(String user, Optional<String> secret) {
        return secret.filter(text -> Credential.parse(user, text) instanceof Credential.Plain);
    }
}
