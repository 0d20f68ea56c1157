package dev.pgpool.core.internal.server;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Phase: a server that was idle for long answers a query of ours before somebody gets it. An error, a transaction left
 * open or no answer in time closes it.
 */
public final class ServerCheck implements ServerPhase {
    private final ServerConnection server;
    private final Runnable passed;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean failed;

    private ServerCheck(ServerConnection server, Runnable passed) {
        this.server = server;
        this.passed = passed;
    }

    /**
     * Sends the query; the server is closed unless it passes.
     *
     * @param passed called on the server's event loop, with the server idle again
     */
    public static void begin(ServerConnection server, String sql, Duration timeout, Runnable passed) {
        ServerCheck check = new ServerCheck(server, passed);
        server.enter(check);
        // a simple Query makes the unnamed statement go away
        server.unnamedBecame(null, 0, 0);
        FrontendWriter.query(server.out().space(), sql);
        server.out().flush();
        check.deadline = server.channel()
                .eventLoop()
                .schedule(
                        () -> server.close(CloseReason.SERVER_CHECK_FAILED), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            switch (in.type()) {
                case BackendType.PARAMETER_STATUS -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onParameterStatus(in);
                }
                case BackendType.ERROR_RESPONSE -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onErrorResponse(in);
                    failed = true;
                }
                case BackendType.READY_FOR_QUERY -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    TransactionStatus status = TransactionStatus.of(in);
                    in.skip();
                    end();
                    if (failed || status != TransactionStatus.IDLE) {
                        server.close(CloseReason.SERVER_CHECK_FAILED);
                    } else {
                        server.becameIdle();
                        passed.run();
                    }
                    return;
                }
                default -> {
                    // rows, tags, notices: for nobody
                }
            }
            in.skip();
        }
    }

    private void end() {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // its home hears of it, nobody else is concerned
        end();
    }
}
