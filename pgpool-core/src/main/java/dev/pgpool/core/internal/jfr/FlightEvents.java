package dev.pgpool.core.internal.jfr;

import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;

/**
 * Tells Flight Recorder what happens, if it wants to know; else nothing is made. May be called from any thread.
 *
 * <p>Event types are registered when a recording begins for the first time, since registering takes a host's start-up time
 * whether or not it ever records.
 */
public final class FlightEvents {
    /** A host's own run-time image may have no Flight Recorder. */
    private static final boolean THERE =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    /** Loaded when Flight Recorder is. */
    private static final class Types {
        static final EventType LOGIN = EventType.getEventType(ClientLoginEvent.class);
        static final EventType CONNECT = EventType.getEventType(ServerConnectEvent.class);
        static final EventType WAIT = EventType.getEventType(LinkWaitEvent.class);
        static final EventType CLIENT_CLOSE = EventType.getEventType(ClientCloseEvent.class);
        static final EventType SERVER_CLOSE = EventType.getEventType(ServerCloseEvent.class);
    }

    private FlightEvents() {}

    private static boolean isRecorderThere() {
        return THERE && FlightRecorder.isInitialized();
    }

    /** A client has logged in. */
    public static void clientLogin(PoolKey pool, long tookNanos) {
        if (isRecorderThere() && Types.LOGIN.isEnabled()) {
            ClientLoginEvent event = new ClientLoginEvent();
            event.took = tookNanos;
            event.commitIn(pool);
        }
    }

    /** A server connection is ready for queries. */
    public static void serverConnect(PoolKey pool, long tookNanos) {
        if (isRecorderThere() && Types.CONNECT.isEnabled()) {
            ServerConnectEvent event = new ServerConnectEvent();
            event.took = tookNanos;
            event.commitIn(pool);
        }
    }

    /** A server connection could not be made. */
    public static void serverConnectFailed(PoolKey pool, String sqlState, String message) {
        if (isRecorderThere() && Types.CONNECT.isEnabled()) {
            ServerConnectEvent event = new ServerConnectEvent();
            event.sqlState = sqlState;
            event.error = message;
            event.commitIn(pool);
        }
    }

    /** A client had to wait for the server that it was given. */
    public static void linkWait(PoolKey pool, long waitedNanos) {
        if (isRecorderThere() && Types.WAIT.isEnabled()) {
            LinkWaitEvent event = new LinkWaitEvent();
            event.waited = waitedNanos;
            event.commitIn(pool);
        }
    }

    /** A client that had logged in is gone. */
    public static void clientClose(PoolKey pool, CloseReason reason) {
        if (isRecorderThere() && Types.CLIENT_CLOSE.isEnabled()) {
            ClientCloseEvent event = new ClientCloseEvent();
            event.reason = reason.label();
            event.commitIn(pool);
        }
    }

    /** A server connection is gone. */
    public static void serverClose(PoolKey pool, CloseReason reason) {
        if (isRecorderThere() && Types.SERVER_CLOSE.isEnabled()) {
            ServerCloseEvent event = new ServerCloseEvent();
            event.reason = reason.label();
            event.commitIn(pool);
        }
    }
}
