package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.LoopTicker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The clients of one event loop that may not ask for nothing for ever. A client is idle if it was found so, with nothing
 * done in between, at each tick: so being busy costs it nothing. Confined to its event loop.
 */
final class IdleClients implements LoopTicker.Listener {
    private static final class Idleness {
        long timeoutNanos;
        long activity = -1;
        long sinceNanos;
    }

    private final Map<ClientSession, Idleness> clients = new HashMap<>();

    /** The client may be idle for so long from now on. For a client that is watched already the time so far counts. */
    void watch(ClientSession session, long timeoutNanos) {
        clients.computeIfAbsent(session, s -> new Idleness()).timeoutNanos = timeoutNanos;
    }

    void remove(ClientSession session) {
        clients.remove(session);
    }

    @Override
    public void onTick(long nowNanos) {
        if (clients.isEmpty()) {
            return;
        }
        List<ClientSession> late = new ArrayList<>();
        clients.forEach((session, idleness) -> {
            long activity = session.activityWhileIdle();
            if (activity < 0 || activity != idleness.activity) {
                idleness.activity = activity;
                idleness.sinceNanos = nowNanos;
            } else if (nowNanos - idleness.sinceNanos >= idleness.timeoutNanos) {
                late.add(session);
            }
        });
        late.forEach(ClientSession::onIdleTimeout);
    }
}
