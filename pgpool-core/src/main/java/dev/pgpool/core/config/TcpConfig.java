package dev.pgpool.core.config;

import java.time.Duration;

/**
 * What is told to the system of TCP connections, those of clients and those to servers alike. Zero leaves a thing to the
 * system's settings.
 *
 * @param keepAlive whether the system probes connections on which nothing happens, to find peers that are gone
 * @param keepAliveIdle how long nothing happens before the first probe, in whole seconds
 * @param keepAliveInterval the time between probes, in whole seconds
 * @param keepAliveProbes probes without an answer after which the connection is broken
 * @param userTimeout how long sent data may stay unacknowledged before the connection is broken, in whole milliseconds
 * @param socketBuffer bytes of the send buffer and of the receive buffer of each connection
 * @param deferAccept whether clients are accepted only when their first bytes have come
 */
public record TcpConfig(
        boolean keepAlive,
        Duration keepAliveIdle,
        Duration keepAliveInterval,
        int keepAliveProbes,
        Duration userTimeout,
        int socketBuffer,
        boolean deferAccept) {

    /** What applies where nothing else is said: keep-alive with the system's times, the rest as the system has it. */
    public static final TcpConfig DEFAULT =
            new TcpConfig(true, Duration.ZERO, Duration.ZERO, 0, Duration.ZERO, 0, false);

    /** Linux' MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL. */
    private static final Duration LONGEST = Duration.ofSeconds(32_767);
    /** Linux' MAX_TCP_KEEPCNT. */
    private static final int MOST_PROBES = 127;

    void check(Problems problems) {
        seconds("tcp.keepAliveIdle", keepAliveIdle, problems);
        seconds("tcp.keepAliveInterval", keepAliveInterval, problems);
        problems.range("tcp.keepAliveProbes", keepAliveProbes, 0, MOST_PROBES);
        problems.require(
                !userTimeout.isNegative()
                        && userTimeout.equals(Duration.ofMillis(userTimeout.toMillis()))
                        && userTimeout.toMillis() <= Integer.MAX_VALUE,
                "tcp.userTimeout",
                userTimeout,
                "whole milliseconds, 0 to " + Integer.MAX_VALUE);
        problems.range("tcp.socketBuffer", socketBuffer, 0, Integer.MAX_VALUE);
    }

    private static void seconds(String path, Duration time, Problems problems) {
        problems.require(
                !time.isNegative() && time.compareTo(LONGEST) <= 0 && time.getNano() == 0,
                path,
                time,
                "whole seconds, 0 to " + LONGEST.toSeconds());
    }
}
