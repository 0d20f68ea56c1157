package dev.pgpool.core.config;

import java.time.Duration;

/**
 * How long things may take. They are looked at every 100 ms, so one may take that much longer.
 *
 * @param queryWait how long a client waits for a server before it gets an error; zero for ever
 * @param waitNotice how long a client waits before it is told by a NOTICE that it does; zero never
 * @param query how long one query may run before it is cancelled; zero for ever
 * @param transaction how long a transaction may be open before its client is disconnected; zero for ever
 * @param idleInTransaction how long a server may wait for the next query of an open transaction before the client is
 *     disconnected; zero for ever
 * @param clientIdle how long a client may ask for nothing outside a transaction before it is disconnected; zero for ever
 * @param connect how long a server connection may take until it is ready for queries
 * @param connectRetryDelay the pause before a failed connect is tried again
 * @param abandon how long a server may take to become clean after its client left in the middle
 * @param cancel how long a server may take to deal with a cancel request
 */
public record TimeoutsConfig(
        Duration queryWait,
        Duration waitNotice,
        Duration query,
        Duration transaction,
        Duration idleInTransaction,
        Duration clientIdle,
        Duration connect,
        Duration connectRetryDelay,
        Duration abandon,
        Duration cancel) {

    /** What applies where nothing else is said. */
    public static final TimeoutsConfig DEFAULT = new TimeoutsConfig(
            Duration.ofSeconds(120),
            Duration.ofSeconds(5),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofSeconds(15),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10));

    void check(String path, Problems problems) {
        problems.notNegative(path + ".waitTimeout", queryWait);
        problems.notNegative(path + ".waitNotice", waitNotice);
        problems.notNegative(path + ".queryTimeout", query);
        problems.notNegative(path + ".transactionTimeout", transaction);
        problems.notNegative(path + ".idleInTransactionTimeout", idleInTransaction);
        problems.notNegative(path + ".clientIdleTimeout", clientIdle);
        problems.positive(path + ".connectTimeout", connect);
        problems.notNegative(path + ".connectRetryDelay", connectRetryDelay);
        problems.positive(path + ".abandonTimeout", abandon);
        problems.positive(path + ".cancelTimeout", cancel);
    }

    TimeoutsConfig with(UserConfig user) {
        return new TimeoutsConfig(
                user.waitTimeout().orElse(queryWait),
                waitNotice,
                user.queryTimeout().orElse(query),
                user.transactionTimeout().orElse(transaction),
                user.idleInTransactionTimeout().orElse(idleInTransaction),
                clientIdle,
                connect,
                connectRetryDelay,
                abandon,
                cancel);
    }
}
