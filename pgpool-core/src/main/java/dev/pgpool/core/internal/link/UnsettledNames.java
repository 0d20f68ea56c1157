package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/**
 * Which names of a client are not certain yet, because what was said of them earlier may still fail; and whether a message waits
 * for that.
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
    /** How many messages the server had been asked when it was told to answer. */
    private long flushed;

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
        if (names.isUnsettled() && !expected.endsInReadyForQuery()) {
            toServer.run(in.takeRun());
            FrontendWriter.flush(toServer.space());
        }
        holding = true;
        return false;
    }

    /** The message has to wait until all before it is answered, which the server is told to do. */
    boolean holdForAnswers(MessageCursor in) {
        long asked = expected.answered() + expected.size();
        if (asked != flushed && !expected.endsInReadyForQuery()) {
            toServer.run(in.takeRun());
            FrontendWriter.flush(toServer.space());
            flushed = asked;
        }
        holding = true;
        return false;
    }

    /** Whether a message waits for the end of an earlier batch; it does not any more after this. */
    boolean takeHolding() {
        boolean was = holding;
        holding = false;
        return was;
    }

    /** Whether a message waits for the end of an earlier batch. */
    boolean isHolding() {
        return holding;
    }
}
