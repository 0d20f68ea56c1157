package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.sql.StatementNames;
import dev.pgpool.core.internal.sql.StatementNames.Verb;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names that a text of the client takes away by {@code DEALLOCATE}, each of which the server confirms by a CommandComplete. Until
 * the last one it is not known what has become of a name.
 *
 * <pre>
 *   none ──text sent──> under way ──text answered, or skipped──> none
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class Deallocations {
    /** A DEALLOCATE for each of these names was sent, in this order. */
    private static final class Sent {
        final List<String> names;
        int done;

        Sent(List<String> names) {
            this.names = names;
        }
    }

    private final ExpectedReplies expected;
    /** A Sent may be among the expected replies. */
    private boolean underWay;

    Deallocations(ExpectedReplies expected) {
        this.expected = expected;
    }

    /** A new client begins. */
    void begin() {
        underWay = false;
    }

    /** Whether it is not known yet what has become of a name. */
    boolean isUnderWay() {
        if (underWay) {
            underWay = expected.hasSubject(Sent.class);
        }
        return underWay;
    }

    /** A text is sent that takes names away: what its CommandCompletes are to be compared with. */
    Object sent(StatementNames text) {
        List<String> tagged = new ArrayList<>();
        text.uses().stream()
                .filter(use -> use.verb() == Verb.DEALLOCATE && use.tagged())
                .forEach(use -> tagged.add(use.name()));
        underWay = true;
        return new Sent(tagged);
    }

    /** The server has said DEALLOCATE in answer to what the subject is about: the name that is gone, null if not known. */
    static @Nullable String next(@Nullable Object subject) {
        return subject instanceof Sent sent && sent.done < sent.names.size() ? sent.names.get(sent.done++) : null;
    }
}
