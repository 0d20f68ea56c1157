package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopSurveyTest {
    private static final List<Integer> THINGS = IntStream.range(0, 500).boxed().toList();

    private final AtomicInteger tasks = new AtomicInteger();
    private final EventLoop even = loop();
    private final EventLoop odd = loop();

    private EventLoop loop() {
        return new DefaultEventLoop() {
            @Override
            public void execute(Runnable task) {
                tasks.incrementAndGet();
                super.execute(task);
            }
        };
    }

    @AfterEach
    void endLoops() {
        even.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        odd.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private EventLoop loopOf(int thing) {
        return thing % 2 == 0 ? even : odd;
    }

    @Test
    void eachThingIsAskedOnItsLoopInFewTasks() {
        List<Integer> answers = LoopSurvey.ask(
                        THINGS, this::loopOf, thing -> loopOf(thing).inEventLoop() ? thing : -1)
                .join();

        assertThat(answers).containsExactlyInAnyOrderElementsOf(THINGS);
        // of 250 things each loop is asked for 64 at a time
        assertThat(tasks).hasValue(8);
    }

    @Test
    void whatGoesWrongIsTold() {
        CompletableFuture<List<Integer>> asked = LoopSurvey.ask(THINGS, this::loopOf, thing -> {
            throw new IllegalStateException("thing " + thing);
        });

        assertThatThrownBy(asked::join).isInstanceOf(CompletionException.class).hasMessageContaining("thing ");
    }

    @Test
    void loopThatHasEndedHasNothingToSay() {
        odd.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();

        List<Integer> answers =
                LoopSurvey.ask(THINGS, this::loopOf, thing -> thing).join();

        assertThat(answers).hasSize(250).allMatch(thing -> thing % 2 == 0);
    }
}
