package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.server.ServerConnection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The walsenders that are waited for in a lane, in the order of their clients. Confined to its event loop. */
final class WantedWalsenders {
    private final Map<Waiter<ServerConnection>, Walsender> wanted = new LinkedHashMap<>();

    void add(Walsender walsender) {
        wanted.put(walsender.waiter(), walsender);
    }

    void remove(Waiter<ServerConnection> waiter) {
        if (!wanted.isEmpty()) {
            wanted.remove(waiter);
        }
    }

    /** Takes the first one out; null if there is none. */
    @Nullable
    Walsender next() {
        if (wanted.isEmpty()) {
            return null;
        }
        Iterator<Walsender> all = wanted.values().iterator();
        Walsender first = all.next();
        all.remove();
        return first;
    }
}
