package dev.pgpool.core.internal.server;

import dev.pgpool.core.stats.CloseReason;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A server that owes the answer to a query of ours is closed when its time is over. Confined to the server's event loop. */
final class AnswerDeadline {
    private final ScheduledFuture<?> closing;

    private AnswerDeadline(ScheduledFuture<?> closing) {
        this.closing = closing;
    }

    /** @param reason why it is closed then */
    static AnswerDeadline begin(ServerConnection server, Duration atMost, CloseReason reason) {
        return new AnswerDeadline(server.channel()
                .eventLoop()
                .schedule(() -> server.close(reason), atMost.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** The answer is there, or the server is gone. */
    void end() {
        closing.cancel(false);
    }
}
