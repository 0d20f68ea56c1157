package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings a server's parameters in line with what its client believes them to be: ahead of the client's first message, or
 * after the client has returned parameters to what it began with. Sent ahead of what follows, so the client does not wait.
 */
final class ParameterSync implements ServerQuery.Outcome {
    /** What a statement_timeout of the client before looks like. */
    private static final String QUERY_CANCELED = "57014";

    private final Exchange x;
    private final Link link;
    private final ServerConnection server;
    private @Nullable SessionParameters before;
    private @Nullable SessionParameters after;
    private boolean told;

    ParameterSync(Exchange x, Link link) {
        this.x = x;
        this.link = link;
        this.server = x.server;
    }

    /**
     * Sends what it takes, if it takes anything.
     *
     * @param tell whether the client is to be told of what the server reports
     * @return whether something was sent
     */
    boolean begin(SessionParameters wanted, boolean tell) {
        SessionParameters present = server.parameters();
        List<String> steps = present.stepsTo(wanted);
        if (steps.isEmpty()) {
            return false;
        }
        before = present;
        after = wanted;
        told = tell;
        link.ask(this, steps);
        server.parametersBecame(wanted);
        return true;
    }

    @Override
    public void onUnasked(MessageCursor in) {
        if (told) {
            in.forward();
            x.toClient.run(in.takeRun());
        } else {
            in.skip();
        }
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        // if the server ends from here on, the link is told
        server.enter(link);
        if (error != null) {
            failed(error, status);
            return;
        }
        SessionParameters wanted = after;
        if (wanted != null && !told) {
            tellDifferences(wanted);
        }
        link.onAsked(status);
        link.maybeRelease();
    }

    /** What the server makes of a value may not be what another server has made of it: then the client hears of it. */
    private void tellDifferences(SessionParameters wanted) {
        SessionParameters now = server.parameters();
        if (now.equals(wanted) || !x.toClient.isConnected()) {
            return;
        }
        for (String name : now.names()) {
            String value = now.get(name);
            if (value != null && !value.equals(wanted.get(name)) && RawText.isAscii(value)) {
                BackendWriter.parameterStatus(x.toClient.space(), name, value);
            }
        }
    }

    private void failed(ErrorFields error, TransactionStatus status) {
        SessionParameters earlier = before;
        boolean blameless = error.sqlState().equals(QUERY_CANCELED);
        boolean clean = x.expected.isEmpty() && !x.isBound() && status == TransactionStatus.IDLE && !blameless;
        if (clean && earlier != null) {
            // nothing was sent behind them, and the server has rolled them back
            server.parametersBecame(earlier);
        }
        link.onSettingsFailed(error, clean);
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        link.onClosed(reason, lastError);
    }

    @Override
    public void onReadComplete() {
        link.onReadComplete();
    }

    @Override
    public void onWritable() {
        link.onWritable();
    }
}
