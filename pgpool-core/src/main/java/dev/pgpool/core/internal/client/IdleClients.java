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
        final long timeoutNanos;
        long activity = -1;
        long sinceNanos;

        Idleness(long timeoutNanos) {
            this.timeoutNanos = timeoutNanos;
        }
    }

    private final Map<ClientSession, Idleness> clients = new HashMap<>();

    void add(ClientSession session, long timeoutNanos) {
        clients.put(session, new Idleness(timeoutNanos));
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
