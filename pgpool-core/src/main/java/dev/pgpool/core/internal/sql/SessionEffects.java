package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import java.util.List;

/**
 * What a text may do to the state of its session, as far as it can be read from the text: an upper bound, for whether the
 * statements succeed only the server knows. Immutable.
 *
 * @param makes bits of the kinds of state that it may make
 * @param clears bits of the kinds of state that it may end
 * @param settings names of the parameters that it may set, in lower case
 * @param resets names of the parameters that it may return to their defaults, in lower case
 * @param resetsAll whether it may return all parameters to their defaults
 * @param single whether it is one statement
 */
public record SessionEffects(
        int makes, int clears, List<String> settings, List<String> resets, boolean resetsAll, boolean single) {
    /** By far the most frequent. */
    public static final SessionEffects NONE = new SessionEffects(0, 0, List.of(), List.of(), false, true);

    /** Of a text that is too long to be read: anything. */
    public static final SessionEffects UNREAD = new SessionEffects(
            SessionState.SETTING.bit()
                    | SessionState.ROLE.bit()
                    | SessionState.PREPARED_STATEMENT.bit()
                    | SessionState.TEMPORARY_OBJECT.bit()
                    | SessionState.LISTEN.bit()
                    | SessionState.CURSOR.bit()
                    | SessionState.ADVISORY_LOCK.bit(),
            0,
            List.of(),
            List.of(),
            false,
            false);

    /** In {@link #clears}: all kinds. */
    static final int EVERYTHING = -1;

    public SessionEffects {
        settings = List.copyOf(settings);
        resets = List.copyOf(resets);
    }

    /** Bits of all kinds that are made in a way that a policy may forbid. */
    public int kinds() {
        return settings.isEmpty() ? makes : makes | SessionState.SETTING.bit();
    }

    /** Whether it is a {@code DISCARD ALL}. */
    public boolean discardsAll() {
        return clears == EVERYTHING;
    }
}
