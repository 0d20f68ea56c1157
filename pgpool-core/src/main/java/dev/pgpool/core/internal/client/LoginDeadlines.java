package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.LoopTicker;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The clients of one event loop that have not logged in yet, oldest first. Confined to that loop. */
public final class LoginDeadlines implements LoopTicker.Listener {
    private final long timeoutNanos;
    private final Map<ClientSession, Long> deadlines = new LinkedHashMap<>();

    public LoginDeadlines(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
    }

    void add(ClientSession session) {
        deadlines.put(session, System.nanoTime() + timeoutNanos);
    }

    void remove(ClientSession session) {
        deadlines.remove(session);
    }

    @Override
    public void onTick(long nowNanos) {
        Iterator<Map.Entry<ClientSession, Long>> entries = new ArrayList<>(deadlines.entrySet()).iterator();
        while (entries.hasNext()) {
            Map.Entry<ClientSession, Long> entry = entries.next();
            if (entry.getValue() - nowNanos > 0) {
                return;
            }
            deadlines.remove(entry.getKey());
            entry.getKey().onLoginTimeout();
        }
    }
}
