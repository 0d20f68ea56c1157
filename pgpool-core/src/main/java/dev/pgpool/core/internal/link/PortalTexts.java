package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.sql.StatementNames;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The texts that portals run, where they name statements: nearly always none. A portal that was bound to another text meanwhile
 * is known to be so. Part of a link and reused like it. Confined to the event loop.
 */
final class PortalTexts {
    private @Nullable Map<String, StatementNames> texts;

    /** A new client begins. */
    void begin() {
        texts = null;
    }

    /** Whether no portal ever ran a text that names statements. */
    boolean isEmpty() {
        return texts == null;
    }

    /** A portal was made for a text that names statements, or for another one: null. */
    void bound(String portal, @Nullable StatementNames text) {
        if (texts == null) {
            texts = new HashMap<>();
        }
        if (text == null) {
            texts.remove(portal);
        } else {
            texts.put(portal, text);
        }
    }

    /** What a portal names; null if nothing. */
    @Nullable
    StatementNames textOf(String portal) {
        Map<String, StatementNames> known = texts;
        return known == null ? null : known.get(portal);
    }
}
