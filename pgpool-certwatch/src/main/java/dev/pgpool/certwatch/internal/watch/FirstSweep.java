package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.report.CertReport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Whether each target that was there at the start, members of sets included, has been probed once. Thread-safe. */
final class FirstSweep {

    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final AtomicInteger missing = new AtomicInteger();

    /** The sweep begins with so many targets; each of them is then given to {@link #await(WatchedTarget)}. */
    void start(int targets) {
        missing.set(targets);
        if (targets == 0) {
            done.complete(true);
        }
    }

    /** Counts the next report of a target; called on the timeline. */
    void await(WatchedTarget watched) {
        CompletableFuture<CertReport> first = new CompletableFuture<>();
        watched.firstSweep = true;
        watched.waiting.add(first);
        first.whenComplete((report, failed) -> {
            if (missing.decrementAndGet() == 0) {
                done.complete(true);
            }
        });
    }

    /** One more target belongs to the sweep: the member of a set that is being probed for the first time. */
    void awaitMember(WatchedTarget watched) {
        missing.incrementAndGet();
        await(watched);
    }

    /**
     * Waits for the end of the sweep.
     *
     * @return {@code false} if it has not ended within {@code limit}, or the watch was closed
     */
    boolean await(Duration limit) throws InterruptedException {
        try {
            return done.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The watch is closed: the sweep does not end any more. */
    void close() {
        done.complete(false);
    }
}
