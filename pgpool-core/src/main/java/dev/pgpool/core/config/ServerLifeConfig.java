package dev.pgpool.core.config;

import java.time.Duration;

/**
 * How long server connections live and how idle ones are treated.
 *
 * @param lifetime age at which an unused server connection is closed, give or take 20 %; zero uses each once
 * @param idleTimeout how long a server connection may be idle before it is closed; zero for ever
 * @param checkDelay how long a server connection may be idle before it is checked ahead of its next use
 * @param checkQuery what it is checked with; {@link #EMPTY_QUERY}, or the empty string for no checks at all
 * @param checkTimeout how long a check may take before the server connection is closed
 * @param roundRobin whether idle server connections take turns, instead of the last used going first
 * @param fastClose whether a client in session mode is sent away at the end of its transaction when its server is to be
 *     replaced, instead of keeping that to the end of its session
 * @param poolIdleTimeout how long a pool may be without clients before it is dropped with its servers; zero for ever
 * @param autoDatabaseIdleTimeout the same for pools of the fallback entry {@code *}
 */
public record ServerLifeConfig(
        Duration lifetime,
        Duration idleTimeout,
        Duration checkDelay,
        String checkQuery,
        Duration checkTimeout,
        boolean roundRobin,
        boolean fastClose,
        Duration poolIdleTimeout,
        Duration autoDatabaseIdleTimeout) {

    /** The check query that asks for nothing: PostgreSQL answers it without touching a table or a transaction. */
    public static final String EMPTY_QUERY = "<empty>";

    /** What applies where nothing else is said. */
    public static final ServerLifeConfig DEFAULT = new ServerLifeConfig(
            Duration.ofHours(1),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30),
            EMPTY_QUERY,
            Duration.ofSeconds(5),
            false,
            false,
            Duration.ZERO,
            Duration.ofHours(1));

    void check(String path, Problems problems) {
        problems.notNegative(path + ".serverLifetime", lifetime);
        problems.notNegative(path + ".serverIdleTimeout", idleTimeout);
        problems.notNegative(path + ".serverCheckDelay", checkDelay);
        problems.require(
                checkQuery.indexOf('\0') < 0, path + ".serverCheckQuery", "text with a zero byte", "text without");
        problems.positive(path + ".serverCheckTimeout", checkTimeout);
        problems.notNegative(path + ".poolIdleTimeout", poolIdleTimeout);
        problems.notNegative(path + ".autoDatabaseIdleTimeout", autoDatabaseIdleTimeout);
    }
}
