package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.sql.LongText;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import org.jspecify.annotations.Nullable;

/**
 * A text of the client that is too long to be held, read while it passes.
 *
 * <pre>
 *   none ──Query or Parse that has not all arrived──> open ──its last byte──> none
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class StreamedText {
    private final LongText text = new LongText();
    private boolean ofParse;

    /** Whether the rest of a text is awaited. */
    boolean isOpen() {
        return text.isOpen();
    }

    /** Whether it is that of a Parse; else it is that of a Query. */
    boolean isOfParse() {
        return ofParse;
    }

    /** A Query passes whose end has not arrived. */
    void beginQuery(TextForm form, MessageCursor in) {
        text.begin(form);
        text.feed(in.buffer(), in.bodyIndex(), in.arrivedEnd());
    }

    /**
     * A Parse passes; the end of its text has not arrived.
     *
     * @param textIndex where the text begins
     */
    void beginParse(TextForm form, MessageCursor in, int textIndex) {
        text.begin(form);
        text.feed(in.buffer(), textIndex, in.arrivedEnd());
        ofParse = true;
    }

    /** What arrives is the rest, or a part of it: what the text does; null if it is not all here yet. */
    @Nullable
    SessionEffects readOn(MessageCursor in) {
        int from = in.continuedIndex();
        int to = in.continuedEnd();
        boolean over = !in.isInsideForwarded();
        if (ofParse) {
            int end = MessageReader.endOfString(in.buffer(), from, to);
            text.feed(in.buffer(), from, end < 0 ? to : end);
            over |= end >= 0;
        } else {
            text.feed(in.buffer(), from, over ? to - 1 : to);
        }
        if (!over) {
            return null;
        }
        ofParse = false;
        return text.end();
    }
}
