package dev.pgpool.core.internal.advice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.advice.AdviceWindow;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Remark;
import dev.pgpool.core.advice.Verdict;
import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final Bounds TWENTY = new Bounds(20, OptionalInt.empty(), OptionalInt.empty());

    private final Tally seen = new Tally();

    /** An hour in which a pool of twenty servers had ten thousand transactions and at most so many servers in use. */
    private void anHour(int peak) {
        seen.observedNanos = Duration.ofHours(1).toNanos();
        seen.looks = 36_000;
        seen.transactions = 10_000;
        seen.transactionMicros.add(5_000, 10_000);
        seen.inUse.add(peak, 36_000);
        seen.clients.add(12, 36_000);
        seen.peakInUse = peak;
        seen.peakDemand = peak;
    }

    private void waits(int count, int needed) {
        seen.waits = count;
        seen.needed.add(needed, count);
        seen.waitNanos = count * 1_000_000L;
        seen.looksShort = 3_600;
        seen.peakDemand = 40;
    }

    private PoolAdvice judge(Bounds bounds) {
        return Judge.judge(new PoolKey("app", "app"), AdviceWindow.HOUR, seen, bounds);
    }

    @Test
    void nothingIsSaidOfAPoolThatWasNotUsed() {
        seen.observedNanos = Duration.ofHours(1).toNanos();

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.NOT_ENOUGH_SEEN);
        assertThat(judge(TWENTY).sizes().for99()).isEmpty();
        assertThat(judge(TWENTY).text()).containsExactly("not enough seen: 0 transactions in 3600 s");
    }

    @Test
    void whereNobodyWaitsThePeakWasEnough() {
        anHour(12);

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.SUFFICIENT);
        assertThat(judge(TWENTY).sizes().for999()).hasValue(12);
        assertThat(judge(TWENTY).remarks()).isEmpty();
    }

    @Test
    void aPoolOfWhichLessThanHalfIsEverUsedIsTooLarge() {
        anHour(9);

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.TOO_LARGE);
        assertThat(judge(TWENTY).text())
                .containsExactly("too large: at most 9 of 20 servers in use at once, and nobody waited");
    }

    @Test
    void aShortTimeIsTooLittleToCallAPoolTooLarge() {
        anHour(9);
        seen.observedNanos = Duration.ofMinutes(20).toNanos();

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.SUFFICIENT);
        assertThat(judge(TWENTY).remarks()).containsExactly(Remark.PARTLY_SEEN);
    }

    @Test
    void oneWaitInAThousandTransactionsDoesNotMatter() {
        anHour(20);
        waits(10, 21);

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.SUFFICIENT);

        waits(11, 21);
        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.TOO_SMALL);
    }

    @Test
    void waitsWhileServersWereIdleInTransactionAreNoMatterOfSize() {
        anHour(20);
        waits(1_000, 25);
        seen.whenShort.inUse(1_000, true, 50);
        seen.whenShort.inUse(1_000, false, 49);
        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.HELD_BY_IDLE_TRANSACTIONS);

        seen.whenShort.inUse(1_000, false, 2);
        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.TOO_SMALL);
    }

    @Test
    void waitsWhileOthersKeptServersAreNoMatterOfSize() {
        anHour(20);
        waits(1_000, 25);
        seen.whenShort.inUse(-1, false, 50);

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.HELD_BY_SESSIONS);
    }

    @Test
    void waitsForAFewLongTransactionsAreNoMatterOfSize() {
        anHour(20);
        waits(1_000, 25);
        seen.whenShort.inUse(Duration.ofSeconds(30).toNanos(), false, 50);
        seen.transactionMicros.add(30_000_000, 1_000);
        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.HELD_BY_LONG_TRANSACTIONS);

        // where they are what the pool is for, it is too small for them
        seen.transactionMicros.add(30_000_000, 1_000);
        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.TOO_SMALL);
    }

    @Test
    void waitsForServersThatAreMadeAreNoMatterOfSize() {
        anHour(12);
        seen.connectWaits = 500;

        assertThat(judge(TWENTY).verdict()).isEqualTo(Verdict.SLOW_TO_CONNECT);
    }

    @Test
    void clientsThatHoldConnectionsAndAskNothingAreNamed() {
        anHour(4);
        seen.clients.add(200, 360_000);

        assertThat(judge(TWENTY).remarks()).contains(Remark.CLIENTS_OVERSIZED);
        assertThat(judge(TWENTY).text())
                .contains("clients hold 200 connections, of which no more than 4 ever had something to do at once:"
                        + " their own pools are too large");
    }

    @Test
    void whatPostgresAndSharedLimitsLeaveIsSaid() {
        anHour(20);
        waits(1_000, 60);
        PoolAdvice free = judge(new Bounds(20, OptionalInt.of(97), OptionalInt.of(60)));
        assertThat(free.remarks()).containsExactly(Remark.PROCESSORS_UNKNOWN);
        assertThat(free.sizes().possible()).hasValue(60);

        assertThat(judge(new Bounds(20, OptionalInt.of(59), OptionalInt.of(60))).remarks())
                .contains(Remark.BEYOND_MAX_CONNECTIONS)
                .doesNotContain(Remark.BEYOND_SHARED_LIMIT);
        assertThat(judge(new Bounds(20, OptionalInt.empty(), OptionalInt.of(30)))
                        .remarks())
                .contains(Remark.BEYOND_SHARED_LIMIT)
                .doesNotContain(Remark.BEYOND_MAX_CONNECTIONS);
    }
}
