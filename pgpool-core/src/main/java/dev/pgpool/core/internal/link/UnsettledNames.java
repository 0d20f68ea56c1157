package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/**
 * Which names of a client are not certain yet, because what was said of them earlier may still fail; and whether a message waits
 * for that, or for other answers to earlier messages.
 *
 * <pre>
 *   going on ──message about something uncertain──> holding ──answer of the server──> going on
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class UnsettledNames {
    private final ExpectedReplies expected;
    private final Outbox toServer;
    private final NameSpace names;
    /** The batch in which the client last gave up a name. */
    private long closedIn;

    private boolean holding;
    /** How many messages the server had been sent when it was told to answer. */
    private long flushed;
    /** How many it had been sent when a message last had to wait for all of them. */
    private long heldBehind;

    UnsettledNames(Exchange x, NameSpace names) {
        this.expected = x.expected;
        this.toServer = x.toServer;
        this.names = names;
    }

    /** A new client begins: what was uncertain belonged to another client. */
    void begin() {
        closedIn = 0;
        holding = false;
        flushed = 0;
        heldBehind = 0;
    }

    /** The client gives up a name, unless an earlier message of its batch fails. */
    void onNameGivenUp() {
        closedIn = expected.batch();
    }

    /**
     * Whether it is not certain yet what a name stands for: an earlier batch, which may still fail, has given it or has
     * given one up.
     */
    boolean isUnsettled(@Nullable Named named) {
        return expected.isUnsettled(closedIn)
                || (named != null && expected.isUnsettled(named.batch()))
                || names.isUnsettled();
    }

    /** The message has to wait for the answer to earlier ones. */
    boolean hold(MessageCursor in) {
        if (names.isUnsettled()) {
            return holdForAnswers(in);
        }
        holding = true;
        return false;
    }

    /** The message has to wait until all before it is answered, which the server is told to do. */
    boolean holdForAnswers(MessageCursor in) {
        if (sent() != flushed && !expected.endsInReadyForQuery()) {
            toServer.run(in.takeRun());
            FrontendWriter.flush(toServer.space());
            flushed = sent();
        }
        heldBehind = sent();
        holding = true;
        return false;
    }

    private long sent() {
        return expected.answered() + expected.size();
    }

    /** Whether a simple Query that had to wait for answers still has to; so its text is not read again for each of them. */
    boolean isStillHeld() {
        return !expected.isEmpty() && sent() == heldBehind;
    }

    /** Whether a message waits for answers to earlier ones; it does not any more after this. */
    boolean takeHolding() {
        boolean was = holding;
        holding = false;
        return was;
    }

    /** Whether a message waits for answers to earlier ones. */
    boolean isHolding() {
        return holding;
    }
}
