package dev.pgpool.core.config;

import java.time.Duration;
import java.util.Objects;

/**
 * Describes TCP connections, those of clients and those to servers alike; given to the lambda of {@code PgPoolBuilder.tcp}.
 * A reload concerns connections that are made after it. Not thread-safe.
 */
public final class TcpBuilder {
    private boolean keepAlive = TcpConfig.DEFAULT.keepAlive();
    private Duration keepAliveIdle = TcpConfig.DEFAULT.keepAliveIdle();
    private Duration keepAliveInterval = TcpConfig.DEFAULT.keepAliveInterval();
    private int keepAliveProbes = TcpConfig.DEFAULT.keepAliveProbes();
    private Duration userTimeout = TcpConfig.DEFAULT.userTimeout();
    private int socketBuffer = TcpConfig.DEFAULT.socketBuffer();
    private boolean deferAccept = TcpConfig.DEFAULT.deferAccept();

    /** Default true. Whether the system probes connections on which nothing happens ({@code SO_KEEPALIVE}). */
    public TcpBuilder keepAlive(boolean keepAlive) {
        this.keepAlive = keepAlive;
        return this;
    }

    /** Default 0, the system's setting. How long nothing happens before the first probe, in whole seconds. */
    public TcpBuilder keepAliveIdle(Duration keepAliveIdle) {
        this.keepAliveIdle = Objects.requireNonNull(keepAliveIdle, "keepAliveIdle");
        return this;
    }

    /** Default 0, the system's setting. The time between probes, in whole seconds. */
    public TcpBuilder keepAliveInterval(Duration keepAliveInterval) {
        this.keepAliveInterval = Objects.requireNonNull(keepAliveInterval, "keepAliveInterval");
        return this;
    }

    /** Default 0, the system's setting. Probes without an answer after which the connection is broken. */
    public TcpBuilder keepAliveProbes(int keepAliveProbes) {
        this.keepAliveProbes = keepAliveProbes;
        return this;
    }

    /**
     * Default 0, the system's setting. How long sent data may stay unacknowledged before the connection is broken ({@code
     * TCP_USER_TIMEOUT}), in whole milliseconds. Linux with the native transport only.
     */
    public TcpBuilder userTimeout(Duration userTimeout) {
        this.userTimeout = Objects.requireNonNull(userTimeout, "userTimeout");
        return this;
    }

    /** Default 0, the system sizes them. Bytes of the send buffer and of the receive buffer of each connection. */
    public TcpBuilder socketBuffer(int bytes) {
        this.socketBuffer = bytes;
        return this;
    }

    /**
     * Default false. Whether the system keeps a client's connection back until its first bytes have come ({@code
     * TCP_DEFER_ACCEPT}), or a second or more has passed. Linux with the native transport only.
     */
    public TcpBuilder deferAccept(boolean deferAccept) {
        this.deferAccept = deferAccept;
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public TcpConfig build() {
        return new TcpConfig(
                keepAlive, keepAliveIdle, keepAliveInterval, keepAliveProbes, userTimeout, socketBuffer, deferAccept);
    }
}
