package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.params.SessionParameters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of clients' start-up settings on a server of the pool: the values as the server reports them. The first
 * client with certain settings finds out on a real server, which also tells whether they are valid; later ones log in
 * without one. Thread-safe.
 */
public final class StartupProfiles {
    /** Clients of one pool have few different drivers; beyond this something is making them up. */
    private static final int LIMIT = 1_000;

    private final Map<SessionParameters, SessionParameters> known = new ConcurrentHashMap<>();

    /** The parameters of a session that began with these settings, null if nobody knows yet. */
    public @Nullable SessionParameters find(SessionParameters settings) {
        return known.get(settings);
    }

    /** Remembers what a server made of the settings. */
    public void learn(SessionParameters settings, SessionParameters outcome) {
        if (known.size() >= LIMIT) {
            known.clear();
        }
        known.put(settings, outcome);
    }

    /** Forgets everything: the servers are not what they were. */
    public void clear() {
        known.clear();
    }
}
