package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Describes what is different for one user; given to the lambda of {@code PgPoolBuilder.user}. Not thread-safe. */
public final class UserBuilder {
    private final String name;
    private Optional<PoolMode> mode = Optional.empty();
    private OptionalInt maxConnections = OptionalInt.empty();
    private OptionalInt reserveConnections = OptionalInt.empty();
    private int maxServerConnections;
    private int maxClients;
    private Optional<Duration> waitTimeout = Optional.empty();
    private Optional<Duration> queryTimeout = Optional.empty();
    private Optional<Duration> transactionTimeout = Optional.empty();
    private Optional<Duration> idleInTransactionTimeout = Optional.empty();
    private Optional<Duration> clientIdleTimeout = Optional.empty();
    private Optional<FleetConfig> fleet = Optional.empty();

    /** @param name the user, as servers know it */
    public UserBuilder(String name) {
        this.name = name;
    }

    /** Default: as the database says. For how long clients of the user's pools keep their servers. */
    public UserBuilder mode(PoolMode mode) {
        this.mode = Optional.of(Objects.requireNonNull(mode, "mode"));
        return this;
    }

    /** Default: as the database says. Server connections at most, in each pool of the user; 0 for no limit. */
    public UserBuilder maxConnections(int maxConnections) {
        this.maxConnections = OptionalInt.of(maxConnections);
        return this;
    }

    /** Default: as the database says. Server connections beyond {@code maxConnections} while clients wait too long. */
    public UserBuilder reserveConnections(int reserveConnections) {
        this.reserveConnections = OptionalInt.of(reserveConnections);
        return this;
    }

    /** Default 0, no limit. Server connections of all pools of the user together. */
    public UserBuilder maxServerConnections(int maxServerConnections) {
        this.maxServerConnections = maxServerConnections;
        return this;
    }

    /** Default 0, no limit. Clients that are logged in, or logging in, as this user; beyond it they get {@code 53300}. */
    public UserBuilder maxClients(int maxClients) {
        this.maxClients = maxClients;
        return this;
    }

    /** Default: as the database says. How long a client waits for a server; zero for ever. */
    public UserBuilder waitTimeout(Duration waitTimeout) {
        this.waitTimeout = Optional.of(Objects.requireNonNull(waitTimeout, "waitTimeout"));
        return this;
    }

    /** Default: as the database says. How long one query may run before it is cancelled; zero for ever. */
    public UserBuilder queryTimeout(Duration queryTimeout) {
        this.queryTimeout = Optional.of(Objects.requireNonNull(queryTimeout, "queryTimeout"));
        return this;
    }

    /** Default: as the database says. How long a transaction may be open; zero for ever. */
    public UserBuilder transactionTimeout(Duration transactionTimeout) {
        this.transactionTimeout = Optional.of(Objects.requireNonNull(transactionTimeout, "transactionTimeout"));
        return this;
    }

    /** Default: as the database says. How long an open transaction may wait for its next query; zero for ever. */
    public UserBuilder idleInTransactionTimeout(Duration idleInTransactionTimeout) {
        this.idleInTransactionTimeout =
                Optional.of(Objects.requireNonNull(idleInTransactionTimeout, "idleInTransactionTimeout"));
        return this;
    }

    /** Default: as the database says. How long a client may ask for nothing outside a transaction; zero for ever. */
    public UserBuilder clientIdleTimeout(Duration clientIdleTimeout) {
        this.clientIdleTimeout = Optional.of(Objects.requireNonNull(clientIdleTimeout, "clientIdleTimeout"));
        return this;
    }

    /** Default: as the database says. One budget of server connections of this user, shared with other poolers. */
    public UserBuilder fleet(Consumer<FleetBuilder> description) {
        Objects.requireNonNull(description, "description");
        FleetBuilder builder = new FleetBuilder();
        description.accept(builder);
        this.fleet = Optional.of(builder.build());
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public UserConfig build() {
        return new UserConfig(
                name,
                mode,
                maxConnections,
                reserveConnections,
                maxServerConnections,
                maxClients,
                waitTimeout,
                queryTimeout,
                transactionTimeout,
                idleInTransactionTimeout,
                clientIdleTimeout,
                fleet);
    }
}
