package dev.pgpool.core.internal.transport;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * Asks many things that are confined to event loops, without blocking a thread and without holding up traffic: each loop
 * answers for all that is its own in one task, or a few if there is much of it.
 */
public final class LoopSurvey {
    /** What is asked in one go: traffic has to wait for no more. */
    private static final int SLICE = 64;

    private LoopSurvey() {}

    /**
     * Asks; from any thread.
     *
     * @param loopOf where a thing is confined to
     * @param question called there, for each thing
     * @return the answers, in no order; those of loops that have ended are missing
     */
    public static <T, R> CompletableFuture<List<R>> ask(
            Collection<? extends T> things, Function<T, EventLoop> loopOf, Function<T, R> question) {
        Map<EventLoop, Round<T, R>> rounds = new LinkedHashMap<>();
        for (T thing : things) {
            rounds.computeIfAbsent(loopOf.apply(thing), loop -> new Round<>(loop, question))
                    .things
                    .add(thing);
        }
        rounds.values().forEach(Round::goOn);
        return CompletableFuture.allOf(
                        rounds.values().stream().map(round -> round.done).toArray(CompletableFuture[]::new))
                .thenApply(all -> {
                    List<R> answers = new ArrayList<>(things.size());
                    rounds.values().forEach(round -> answers.addAll(round.answers));
                    return answers;
                });
    }

    /** What one loop is asked. */
    private static final class Round<T, R> implements Runnable {
        private final EventLoop loop;
        private final Function<T, R> question;
        private final List<T> things = new ArrayList<>();
        private final List<R> answers = new ArrayList<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int next;

        Round(EventLoop loop, Function<T, R> question) {
            this.loop = loop;
            this.question = question;
        }

        void goOn() {
            try {
                loop.execute(this);
            } catch (RejectedExecutionException e) {
                // the pooler has ended: what was answered until then will do
                done.complete(null);
            }
        }

        @Override
        public void run() {
            try {
                int end = Math.min(next + SLICE, things.size());
                while (next < end) {
                    answers.add(question.apply(things.get(next++)));
                }
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
                return;
            }
            if (next < things.size()) {
                goOn();
            } else {
                done.complete(null);
            }
        }
    }
}
