package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.cancel.CancelSender;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Cleans a server whose client left in the middle: cancels what runs, ends what is half done, drains the answers, rolls
 * back, and gives the server back; or closes it when that takes too long. The link goes on keeping count of the
 * answers, with no client to pass them to.
 */
final class AbandonedWork implements ServerQuery.Outcome {
    private final Exchange x;
    private final ServerConnection server;
    private final Cleaning cleaning;
    private final Supplier<Duration> timeout;
    private static final long FIRST_REPEAT_MILLIS = 100;

    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ScheduledFuture<?> repeat;
    private @Nullable CancelSender cancels;
    private boolean active;

    /** @param timeout how long it may take, as the configuration says when it begins */
    AbandonedWork(Exchange x, Supplier<Duration> timeout) {
        this.x = x;
        this.server = x.server;
        this.cleaning = new Cleaning(x, x.rules, this::whenClean);
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
                .schedule(this::giveUp, timeout.get().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Brings the server to its next ReadyForQuery as fast as it goes. */
    void clean() {
        ExpectedReplies owed = x.expected;
        boolean busy = !owed.isEmpty();
        if (x.copy.isTakingData()) {
            failCopy();
        } else if (x.batch.isSkipping() || (busy ? !owed.endsInReadyForQuery() : !x.batch.isReady())) {
            if (x.batch.hasExecuted() && !x.batch.isSkipping()) {
                // a batch that its client never ended must not be committed by the Sync that ends it now
                byte[] body = Rejection.parseBody();
                FrontendWriter.parse(server.out().space(), Rejection.NAME, body, body.length);
                x.expected.add(ExpectedReplies.PARSE);
            }
            sync();
        }
        server.out().flush();
        if (busy) {
            cancel(FIRST_REPEAT_MILLIS);
        }
    }

    /** Again and again: a request may overtake the query that it is for, and then does nothing. */
    private void cancel(long repeatMillis) {
        CancelSender canceller = cancels;
        if (!active || canceller == null || x.expected.isEmpty() || server.isClosed()) {
            return;
        }
        if (!server.isBeingCanceled()) {
            canceller.cancel(server, () -> active, () -> {});
        }
        repeat = server.channel()
                .eventLoop()
                .schedule(() -> cancel(repeatMillis * 2), repeatMillis, TimeUnit.MILLISECONDS);
    }

    /** The server only now began to wait for COPY data that no client will send. */
    void onCopyIn() {
        if (active) {
            failCopy();
            server.out().flush();
        }
    }

    private void failCopy() {
        FrontendWriter.copyFail(server.out().space(), "client left");
        if (!x.expected.endsInReadyForQuery()) {
            sync();
        }
    }

    private void sync() {
        x.batch.onSync();
        FrontendWriter.sync(server.out().space());
        x.expected.add(ExpectedReplies.SYNC);
    }

    /** Nothing is owed any more. */
    void onDrained() {
        if (!active) {
            return;
        }
        active = false;
        stop(repeat);
        if (x.transaction.isIdle()) {
            cleanSession();
        } else {
            server.whenNotCancelled(this::rollback);
        }
    }

    private void rollback() {
        x.counters.countRollback();
        server.statements().undone();
        ServerQuery.send(server, "ROLLBACK", this);
        server.out().flush();
    }

    /** The transaction is over. A cancel request that is under way must not hit the cleaning. */
    private void cleanSession() {
        if (cleaning.isNeeded()) {
            server.whenNotCancelled(cleaning::begin);
        } else {
            whenClean();
        }
    }

    /** Cleans a server whose client has finished properly, and gives it back. */
    void giveBack() {
        start(null);
        active = false;
        cleanSession();
    }

    private void whenClean() {
        end();
        server.release();
    }

    private void giveUp() {
        CancelSender canceller = cancels;
        if (canceller != null) {
            // a server that sleeps does not notice that its socket is closed
            canceller.cancel(server, () -> true, () -> {});
        }
        server.close(CloseReason.ABANDONED);
    }

    /** The clock stops. */
    void end() {
        active = false;
        stop(deadline);
        deadline = null;
        stop(repeat);
        repeat = null;
    }

    private static void stop(@Nullable ScheduledFuture<?> running) {
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        if (error == null && status == TransactionStatus.IDLE) {
            cleanSession();
        } else {
            end();
            server.close(CloseReason.ABANDONED);
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        end();
    }
}
