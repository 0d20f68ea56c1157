package dev.pgpool.core.internal.server;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.TransactionStatus;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server that was idle for long answers a query before a client gets it. An error, a transaction left open or no answer
 * in time closes it.
 */
public final class ServerCheck implements ServerQuery.Outcome {
    private final ServerConnection server;
    private final Runnable passed;
    private @Nullable ScheduledFuture<?> deadline;

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
        ServerQuery.send(server, sql, check);
        server.out().flush();
        check.deadline = server.channel()
                .eventLoop()
                .schedule(
                        () -> server.close(CloseReason.SERVER_CHECK_FAILED), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        end();
        if (error != null || status != TransactionStatus.IDLE) {
            server.close(CloseReason.SERVER_CHECK_FAILED);
        } else {
            server.becameIdle();
            passed.run();
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
        // its home hears of it, no client is concerned
        end();
    }
}
