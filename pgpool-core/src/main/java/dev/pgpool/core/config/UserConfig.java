package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is different for one user. What is empty is as the database says.
 *
 * <p>A database with a forced user has pools of that user: then everything about servers, waiting and transactions comes
 * from the forced user's entry. What counts or times clients comes from the entry of the user who has logged in.
 *
 * @param name the user
 * @param mode for how long clients of the user's pools keep their servers
 * @param maxConnections server connections of each pool of the user; 0 for no limit
 * @param reserveConnections server connections beyond that while clients wait too long
 * @param maxServerConnections server connections of all pools of the user together; 0 for no limit
 * @param maxClients clients that have proved to be this user; 0 for no limit
 * @param waitTimeout how long a client of the user's pools waits for a server; zero for ever
 * @param queryTimeout how long one query may run; zero for ever
 * @param transactionTimeout how long a transaction may be open; zero for ever
 * @param idleInTransactionTimeout how long an open transaction may wait for its next query; zero for ever
 * @param clientIdleTimeout how long a client of this user may ask for nothing; zero for ever
 * @param fleet a budget of servers that the user's pools share with other poolers
 */
public record UserConfig(
        String name,
        Optional<PoolMode> mode,
        OptionalInt maxConnections,
        OptionalInt reserveConnections,
        int maxServerConnections,
        int maxClients,
        Optional<Duration> waitTimeout,
        Optional<Duration> queryTimeout,
        Optional<Duration> transactionTimeout,
        Optional<Duration> idleInTransactionTimeout,
        Optional<Duration> clientIdleTimeout,
        Optional<FleetConfig> fleet) {

    /** Name of the entry that is for every user without an entry of its own. */
    public static final String FALLBACK = "*";

    void check(Problems problems) {
        String path = "users." + name;
        problems.require(!name.isEmpty(), path, "\"\"", "a user name");
        maxConnections.ifPresent(n -> problems.range(path + ".maxConnections", n, 0, LimitsConfig.MOST_SERVERS));
        reserveConnections.ifPresent(
                n -> problems.range(path + ".reserveConnections", n, 0, LimitsConfig.MOST_SERVERS));
        problems.range(path + ".maxServerConnections", maxServerConnections, 0, LimitsConfig.MOST_SERVERS);
        problems.range(path + ".maxClients", maxClients, 0, LimitsConfig.MOST_CLIENTS);
        waitTimeout.ifPresent(d -> problems.notNegative(path + ".waitTimeout", d));
        queryTimeout.ifPresent(d -> problems.notNegative(path + ".queryTimeout", d));
        transactionTimeout.ifPresent(d -> problems.notNegative(path + ".transactionTimeout", d));
        idleInTransactionTimeout.ifPresent(d -> problems.notNegative(path + ".idleInTransactionTimeout", d));
        clientIdleTimeout.ifPresent(d -> problems.notNegative(path + ".clientIdleTimeout", d));
    }
}
