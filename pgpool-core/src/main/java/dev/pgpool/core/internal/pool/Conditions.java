package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.transport.LoopTicker;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** What operators wait for, looked at with each tick of one event loop. Thread-safe. */
final class Conditions implements LoopTicker.Listener {
    private static final class Awaited {
        final Supplier<CompletionStage<Boolean>> condition;
        final CompletableFuture<Void> done = new CompletableFuture<>();
        /** Whether it is being looked at. */
        boolean asked;

        Awaited(Supplier<CompletionStage<Boolean>> condition) {
            this.condition = condition;
        }
    }

    private final Queue<Awaited> awaited = new ConcurrentLinkedQueue<>();

    /** Completes when the condition holds; a caller that does not wait any more completes it itself. */
    CompletableFuture<Void> await(Supplier<CompletionStage<Boolean>> condition) {
        Awaited one = new Awaited(condition);
        awaited.add(one);
        return one.done;
    }

    /** Nothing will come about any more. */
    void close() {
        awaited.forEach(one -> one.done.completeExceptionally(new IllegalStateException("the pooler was closed")));
        awaited.clear();
    }

    @Override
    public void onTick(long nowNanos) {
        if (awaited.isEmpty()) {
            return;
        }
        awaited.removeIf(one -> one.done.isDone());
        for (Awaited one : awaited) {
            if (!one.asked) {
                one.asked = true;
                one.condition.get().whenComplete((holds, problem) -> {
                    one.asked = false;
                    if (problem != null) {
                        one.done.completeExceptionally(problem);
                    } else if (Boolean.TRUE.equals(holds)) {
                        one.done.complete(null);
                    }
                });
            }
        }
    }
}
