package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.params.StartupOptions;
import dev.pgpool.core.internal.wire.StartupPacket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The settings that a client wishes for at start-up.
 *
 * @param validated those that a server must see before they are believed
 * @param free those that any server takes as they are, and that may differ from client to client
 */
record StartupSettings(Map<String, String> validated, Map<String, String> free) {
    private static final Set<String> NOT_SETTINGS = Set.of("user", "database", "options", "replication");
    private static final String APPLICATION_NAME = "application_name";
    /** PostgreSQL's NAMEDATALEN - 1. */
    private static final int NAME_LIMIT = 63;

    /** No wish. */
    static final StartupSettings NONE = new StartupSettings(Map.of(), Map.of());

    StartupSettings {
        validated = Map.copyOf(validated);
        free = Map.copyOf(free);
    }

    /** As PostgreSQL takes them: {@code options} first, so that parameters of their own win. */
    static StartupSettings of(StartupPacket.Startup startup) {
        Map<String, String> validated = new LinkedHashMap<>();
        String options = startup.parameters().get("options");
        if (options != null) {
            validated.putAll(StartupOptions.parse(options));
        }
        Map<String, String> free = new LinkedHashMap<>();
        startup.parameters().forEach((name, value) -> {
            if (name.equals(APPLICATION_NAME) && isTakenAsIs(value)) {
                validated.remove(name);
                free.put(name, value);
            } else if (!NOT_SETTINGS.contains(name)) {
                validated.put(name, value);
            }
        });
        return new StartupSettings(validated, free);
    }

    /** Whether PostgreSQL neither cuts nor cleans the name. */
    private static boolean isTakenAsIs(String name) {
        return name.length() <= NAME_LIMIT && name.chars().allMatch(c -> c >= ' ' && c < 127);
    }
}
