package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of clients' start-up settings on a server of the pool. The first client with certain settings finds out on a
 * real server, which also tells whether they are valid; later ones log in without one. Thread-safe.
 */
public final class StartupProfiles {
    /**
     * A session that began with certain settings.
     *
     * @param parameters its parameters
     * @param told the ParameterStatus messages of its login: what the server reports, in the client's encoding
     */
    public record Profile(SessionParameters parameters, Map<String, String> told) {
        public Profile {
            told = Map.copyOf(told);
        }
    }

    /** Clients of one pool have few different drivers; beyond this something is making them up. */
    private static final int LIMIT = 1_000;

    private final Map<List<Setting>, Profile> known = new ConcurrentHashMap<>();
    private volatile @Nullable String baseDateStyle;

    /** What a server said about itself; replaced when a server says something else. */
    private volatile Map<String, String> readOnlyParameters = Map.of();

    /** The settable parameters of a fresh server; null before the first one. */
    private volatile @Nullable SessionParameters defaults;

    /** A session that began with these settings, null if it is not known yet. */
    public @Nullable Profile find(List<Setting> settings) {
        return known.get(settings);
    }

    /** Remembers what a server made of the settings. */
    public void learn(List<Setting> settings, Profile outcome) {
        if (known.size() >= LIMIT) {
            known.clear();
        }
        known.put(settings, outcome);
    }

    /**
     * The DateStyle of a session before the settings of its role and database are looked at. A part of a DateStyle in the
     * start-up packet builds on it, and not on what {@code ALTER ROLE ... SET} says. Null if it is not known.
     */
    public @Nullable String baseDateStyle() {
        return baseDateStyle;
    }

    /** Remembers it. */
    public void baseDateStyle(String known) {
        baseDateStyle = known;
    }

    /** A server is there: other defaults may come with another one. */
    void serverSays(ServerConnection server) {
        Map<String, String> said = Map.copyOf(server.readOnlyParameters());
        if (!said.equals(readOnlyParameters) || !server.loginParameters().equals(defaults)) {
            readOnlyParameters = said;
            defaults = server.loginParameters();
            clear();
        }
    }

    /** Whether there has ever been a server. */
    boolean isServerKnown() {
        return defaults != null;
    }

    /** Forgets what became of settings: the servers are not what they were. */
    public void clear() {
        known.clear();
        baseDateStyle = null;
    }
}
