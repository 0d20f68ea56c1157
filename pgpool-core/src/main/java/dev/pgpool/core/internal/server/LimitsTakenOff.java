package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.params.SqlText;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Returns the limits that a client has set for itself to the server's defaults, before the server is idle: with its {@code
 * idle_session_timeout} PostgreSQL would end a session of the pool, and a {@code statement_timeout} of a millisecond would
 * cancel what brings the server in line with the next client. The client gets them back with its next server.
 *
 * <p>The limits count for this query as well; it is repeated if they have cancelled it. No client waits for it.
 */
final class LimitsTakenOff implements ServerQuery.Outcome {
    /** Times that the query may be cancelled by the limits that it takes off. */
    private static final int ATTEMPTS = 20;
    /** It locks nothing and reads nothing. */
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final String QUERY_CANCELED = "57014";

    private final ServerConnection server;
    private final List<String> names;
    private final String reset;
    private final Runnable done;
    private final AnswerDeadline deadline;
    private int attempts;

    private LimitsTakenOff(ServerConnection server, Runnable done) {
        this.server = server;
        this.names = server.parameters().foreignLimits();
        this.reset =
                names.stream().map(name -> "RESET " + SqlText.parameter(name)).collect(Collectors.joining(";"));
        this.done = done;
        this.deadline = AnswerDeadline.begin(server, TIMEOUT, CloseReason.RESET_FAILED);
    }

    /**
     * Sends the query; a server that does not do it is closed.
     *
     * @param done called on the server's event loop, without the limits
     */
    static void begin(ServerConnection server, Runnable done) {
        new LimitsTakenOff(server, done).send();
    }

    private void send() {
        attempts++;
        ServerQuery.send(server, reset, this);
        server.out().flush();
    }

    @Override
    public void onHeader(MessageCursor in) {
        if (in.type() == BackendType.PARAMETER_STATUS) {
            in.requireSmall();
        }
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        if (error != null && error.sqlState().equals(QUERY_CANCELED) && attempts < ATTEMPTS) {
            send();
            return;
        }
        deadline.end();
        if (error != null) {
            server.resetFailed(error);
        } else if (status != TransactionStatus.IDLE) {
            server.close(CloseReason.SERVER_DIRTY);
        } else {
            server.forgetParameters(names);
            done.run();
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // its home hears of it, no client is concerned
        deadline.end();
    }
}
