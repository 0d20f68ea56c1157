package dev.pgpool.core.internal.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.config.DnsConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DnsCacheTest {

    private static final InetAddress ONE = address(1);
    private static final InetAddress TWO = address(2);
    private static final InetAddress THREE = address(3);

    private final List<String> asked = new ArrayList<>();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private List<InetAddress> answer = List.of(ONE);
    private long now = Long.MAX_VALUE - 5;

    private final DnsCache cache = new DnsCache(
            this::lookup, tasks::add, new DnsConfig(Duration.ofSeconds(15), Duration.ofSeconds(5)), () -> now);

    private List<InetAddress> lookup(String name) throws UnknownHostException {
        asked.add(name);
        if (answer.isEmpty()) {
            throw new UnknownHostException(name);
        }
        return answer;
    }

    @Test
    void answerIsKeptForItsTime() {
        assertThat(resolve("db")).containsExactly(ONE);
        answer = List.of(TWO);
        pass(14);
        assertThat(resolve("db")).containsExactly(ONE);
        assertThat(asked).hasSize(1);
        pass(1);
        assertThat(resolve("db")).containsExactly(TWO);
        assertThat(asked).hasSize(2);
    }

    @Test
    void failureIsKeptForItsOwnTime() {
        answer = List.of();
        assertFails("db");
        answer = List.of(ONE);
        pass(4);
        assertFails("db");
        assertThat(asked).hasSize(1);
        pass(1);
        assertThat(resolve("db")).containsExactly(ONE);
    }

    @Test
    void onlyOneLookupAtATimeForAName() {
        CompletableFuture<List<InetAddress>> first = cache.resolve("db");
        CompletableFuture<List<InetAddress>> second = cache.resolve("db");
        CompletableFuture<List<InetAddress>> other = cache.resolve("other");
        assertThat(tasks).hasSize(2);
        assertThat(first).isNotDone();
        runTasks();
        assertThat(first).isCompletedWithValue(List.of(ONE));
        assertThat(second).isCompletedWithValue(List.of(ONE));
        assertThat(other).isCompletedWithValue(List.of(ONE));
        assertThat(asked).containsExactly("db", "other");
    }

    @Test
    void zeroMeansThatEachConnectionAsks() {
        DnsCache each =
                new DnsCache(this::lookup, Runnable::run, new DnsConfig(Duration.ZERO, Duration.ZERO), () -> now);
        assertThat(each.resolve("db")).isCompletedWithValue(List.of(ONE));
        answer = List.of(TWO);
        assertThat(each.resolve("db")).isCompletedWithValue(List.of(TWO));
    }

    @Test
    void addressThatIsGoneIsNoticed() {
        answer = List.of(ONE, TWO);
        resolve("db");
        int before = cache.generation();
        pass(15);
        answer = List.of(THREE, TWO);
        resolve("db");
        assertThat(cache.generation()).isNotEqualTo(before);
        assertThat(cache.isCurrent("db", ONE)).isFalse();
        assertThat(cache.isCurrent("db", TWO)).isTrue();
        assertThat(cache.isCurrent("db", THREE)).isTrue();
    }

    @Test
    void addressThatIsAddedOrMovedIsNoLoss() {
        answer = List.of(ONE, TWO);
        resolve("db");
        int before = cache.generation();
        pass(15);
        answer = List.of(TWO, ONE, THREE);
        resolve("db");
        assertThat(cache.generation()).isEqualTo(before);
    }

    @Test
    void failingNameServiceTakesNoAddressAway() {
        resolve("db");
        int before = cache.generation();
        pass(15);
        answer = List.of();
        assertFails("db");
        assertThat(cache.isCurrent("db", ONE)).isTrue();
        pass(5);
        answer = List.of(TWO);
        resolve("db");
        assertThat(cache.isCurrent("db", ONE)).isFalse();
        assertThat(cache.generation()).isNotEqualTo(before);
    }

    @Test
    void lookupThatThrowsOrFindsNothingIsAFailure() {
        for (DnsCache.Lookup broken : List.<DnsCache.Lookup>of(name -> List.of(), name -> {
            throw new IllegalStateException("broken");
        })) {
            DnsCache each = new DnsCache(broken, Runnable::run, DnsConfig.DEFAULT, () -> now);
            assertThat(each.resolve("db")).isCompletedExceptionally();
        }
    }

    @Test
    void lookupAfterTheEndFails() {
        DnsCache each = new DnsCache(
                this::lookup,
                task -> {
                    throw new RejectedExecutionException();
                },
                DnsConfig.DEFAULT,
                () -> now);
        assertThat(each.resolve("db")).isCompletedExceptionally();
    }

    private List<InetAddress> resolve(String name) {
        CompletableFuture<List<InetAddress>> found = cache.resolve(name);
        runTasks();
        return found.join();
    }

    private void assertFails(String name) {
        CompletableFuture<List<InetAddress>> found = cache.resolve(name);
        runTasks();
        assertThatThrownBy(found::join).hasCauseInstanceOf(UnknownHostException.class);
    }

    private void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private void pass(int seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
