package dev.pgpool.core.internal.link;

import dev.pgpool.core.event.CloseReason;
import dev.pgpool.core.internal.pool.LaneCounters;
import dev.pgpool.core.internal.server.CancelSender;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cleans a server whose client left in the middle: cancels what runs, ends what is half done, drains the answers, rolls
 * back, and gives the server back; or closes it when that takes too long. The link goes on keeping count of the
 * answers, with nobody to pass them to.
 */
final class AbandonedWork implements OwnQuery.Outcome {
    private final Link link;
    private final ServerConnection server;
    private final Duration timeout;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ExpectedReplies expected;
    private @Nullable CancelSender cancels;
    private boolean active;

    AbandonedWork(Link link, ServerConnection server, Duration timeout) {
        this.link = link;
        this.server = server;
        this.timeout = timeout;
    }

    /**
     * The clock runs from now on.
     *
     * @param canceller cancels what runs; null lets it run to its end
     */
    void start(@Nullable CancelSender canceller) {
        active = true;
        cancels = canceller;
        deadline = server.channel()
                .eventLoop()
                .schedule(() -> server.close(CloseReason.ABANDONED), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Brings the server to its next ReadyForQuery as fast as it goes. */
    void clean(ExpectedReplies owed, boolean copyIn, boolean skipping, boolean ready) {
        expected = owed;
        boolean busy = !owed.isEmpty();
        if (copyIn) {
            failCopy(owed);
        } else if (skipping || (busy ? !owed.endsInReadyForQuery() : !ready)) {
            sync(owed);
        }
        CancelSender canceller = cancels;
        if (busy && canceller != null) {
            canceller.cancel(server);
        }
        server.out().flush();
    }

    /** The server only now began to wait for COPY data that nobody will send. */
    void onCopyIn() {
        ExpectedReplies owed = expected;
        if (owed != null) {
            failCopy(owed);
            server.out().flush();
        }
    }

    private void failCopy(ExpectedReplies owed) {
        FrontendWriter.copyFail(server.out().space(), "client left");
        if (!owed.endsInReadyForQuery()) {
            sync(owed);
        }
    }

    private void sync(ExpectedReplies owed) {
        FrontendWriter.sync(server.out().space());
        owed.add(ExpectedReplies.SYNC);
    }

    /** Nothing is owed any more. */
    void onDrained(byte status, LaneCounters counters) {
        if (!active) {
            return;
        }
        if (status == 'I') {
            giveBack();
            return;
        }
        active = false;
        counters.countRollback();
        new OwnQuery(server, this).send("ROLLBACK");
        server.out().flush();
    }

    private void giveBack() {
        end();
        link.reset();
        server.release();
    }

    /** The clock stops. */
    void end() {
        active = false;
        expected = null;
        ScheduledFuture<?> running = deadline;
        deadline = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void onDone(byte status) {
        if (status == 'I') {
            giveBack();
        } else {
            server.close(CloseReason.ABANDONED);
        }
    }

    @Override
    public void onError(ErrorFields error, byte status) {
        server.close(CloseReason.ABANDONED);
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        end();
    }

    @Override
    public void onReadComplete() {
        server.out().flush();
    }
}
