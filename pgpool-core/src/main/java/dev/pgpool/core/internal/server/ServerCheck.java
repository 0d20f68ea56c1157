package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A server that was idle for long answers a query before a client gets it. An error, a transaction left open or no answer
 * in time closes it.
 */
public final class ServerCheck implements ServerQuery.Outcome {
    private final ServerConnection server;
    private final Runnable passed;
    private final AnswerDeadline deadline;

    private ServerCheck(ServerConnection server, Duration timeout, Runnable passed) {
        this.server = server;
        this.passed = passed;
        this.deadline = AnswerDeadline.begin(server, timeout, CloseReason.SERVER_CHECK_FAILED);
    }

    /**
     * Sends the query; the server is closed unless it passes.
     *
     * @param passed called on the server's event loop, with the server idle again
     */
    public static void begin(ServerConnection server, String sql, Duration timeout, Runnable passed) {
        ServerCheck check = new ServerCheck(server, timeout, passed);
        ServerQuery.send(server, sql, check);
        server.out().flush();
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        deadline.end();
        if (error != null || status != TransactionStatus.IDLE) {
            server.close(CloseReason.SERVER_CHECK_FAILED);
        } else {
            server.becameIdle();
            passed.run();
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // its home hears of it, no client is concerned
        deadline.end();
    }
}
