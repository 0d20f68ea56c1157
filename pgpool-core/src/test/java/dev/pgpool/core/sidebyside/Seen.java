package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a client saw.
 *
 * @param text the line of the record
 * @param told the error or notice, if that is what it was
 */
record Seen(String text, @Nullable Message told) {
    /** PgBouncer's SQLSTATE for whatever it says itself. */
    static final String PGBOUNCERS = "08P01";

    static Seen of(Message message) {
        if (message.type() != 'E' && message.type() != 'N') {
            return new Seen(message.toString(), null);
        }
        String detail = message.field('D');
        return new Seen(
                message.field('S') + " " + message.sqlState() + " " + message.field('M')
                        + (detail.isEmpty() ? "" : " / " + detail),
                message);
    }

    /**
     * Whether a client of ours has seen what PgBouncer's client saw: of errors the same severity, PgBouncer's words in the message
     * or as the detail, and the same SQLSTATE, or one of {@code sqlStates} where PgBouncer has its one and only.
     */
    boolean isAs(Seen theirs, List<String> sqlStates) {
        Message here = told;
        Message there = theirs.told;
        if (here == null || there == null) {
            return text.equals(theirs.text);
        }
        String words = there.field('M');
        boolean sameState = here.sqlState().equals(there.sqlState())
                || (there.sqlState().equals(PGBOUNCERS) && sqlStates.contains(here.sqlState()));
        return here.type() == there.type()
                && here.field('S').equals(there.field('S'))
                && sameState
                && (here.field('M').contains(words) || here.field('D').equals(words));
    }

    @Override
    public String toString() {
        return text;
    }
}
