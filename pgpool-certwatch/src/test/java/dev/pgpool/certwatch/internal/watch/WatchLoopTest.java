package dev.pgpool.certwatch.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.internal.judge.ChainInspector;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ProbeResult;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.X509Bundle;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The schedule and the notices, with time moved by hand. */
class WatchLoopTest {

    /** Time, the thread and the probes, all controlled by the test. */
    private static final class Bench extends Clock implements WatchRuntime, Timeline {
        private record Due(long at, long order, Runnable task, boolean[] cancelled) {}

        private final PriorityQueue<Due> queue =
                new PriorityQueue<>(java.util.Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
        private long nanos;
        private long order;
        private final Map<String, List<CompletableFuture<CheckResult>>> probes = new HashMap<>();
        private final List<Long> begun = new ArrayList<>();
        private java.util.function.Function<CertTarget, CheckResult> answer;
        private boolean clockFailsOnce;

        void advance(Duration by) {
            long until = nanos + by.toNanos();
            while (!queue.isEmpty() && queue.peek().at() <= until) {
                Due due = queue.remove();
                nanos = Math.max(nanos, due.at());
                if (!due.cancelled()[0]) {
                    due.task().run();
                }
            }
            nanos = until;
        }

        @Override
        public void start() {}

        @Override
        public Timeline timeline() {
            return this;
        }

        @Override
        public TargetChecker checker() {
            return (target, former) -> {
                begun.add(nanos);
                CompletableFuture<CheckResult> probe = new CompletableFuture<>();
                probes.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(probe);
                if (answer != null) {
                    probe.complete(answer.apply(target));
                }
                return probe;
            };
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public void execute(Runnable task) {
            schedule(task, 0);
        }

        @Override
        public Cancellable schedule(Runnable task, long delayNanos) {
            Due due = new Due(nanos + delayNanos, order++, task, new boolean[1]);
            queue.add(due);
            return () -> due.cancelled()[0] = true;
        }

        @Override
        public void close() {}

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            if (clockFailsOnce) {
                clockFailsOnce = false;
                throw new IllegalStateException("broken for once");
            }
            return Pki.NOW.plusNanos(nanos);
        }
    }

    private final Bench bench = new Bench();
    private final List<Notice> notices = new CopyOnWriteArrayList<>();

    private WatchLoop loop(CertWatchConfig config) {
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                notices.add(notice);
            }
        };
        return new WatchLoop(config, bench, List.of(listener), bench);
    }

    private static CheckResult failed(FindingCode code) {
        Finding finding = Finding.of(code, "test");
        return new CheckResult(ProbeResult.failed(finding, Duration.ZERO), List.of(), List.of(finding), null);
    }

    private static CheckResult served(CertTarget target, X509Bundle leaf) {
        ServedChain chain = new ServedChain("here", Pki.chain(leaf), null, ServedChain.Kind.FILE);
        Inspection inspection = new ChainInspector().inspect(target, chain, null, List.of());
        return new CheckResult(
                ProbeResult.local(List.of(chain), List.of(), Duration.ZERO), List.of(inspection), List.of(), null);
    }

    private static CertWatchConfig config(int targets, int maxInFlight, int maxPerHost) {
        var builder = CertWatch.builder().maxInFlight(maxInFlight).maxPerHost(maxPerHost);
        for (int i = 0; i < targets; i++) {
            builder.target(CertTarget.tls("host" + i, 443).withVerification(Verification.NONE));
        }
        try (CertWatch watch = builder.build()) {
            return watch.config();
        }
    }

    @Test
    void theFirstSweepIsSpreadAndTheWindowKept() {
        WatchLoop loop = loop(config(1000, 10, 2));
        loop.start();
        bench.advance(Duration.ZERO);
        assertThat(bench.begun).isEmpty();
        bench.advance(Duration.ofSeconds(10));
        assertThat(loop.inFlight()).isEqualTo(10);
        assertThat(bench.begun).hasSize(10);
        // a probe that hangs takes one place of the window, and the others go on
        bench.answer = target -> failed(FindingCode.CONNECT_REFUSED);
        bench.probes.values().stream()
                .flatMap(List::stream)
                .skip(1)
                .toList()
                .forEach(probe -> probe.complete(failed(FindingCode.CONNECT_REFUSED)));
        bench.advance(Duration.ofSeconds(25));
        assertThat(loop.snapshot().pending()).hasSize(1);
        assertThat(loop.inFlight()).isEqualTo(1);
        loop.close();
    }

    @Test
    void namesOfOneAddressShareItsLimit() {
        bench.answer = target -> servedAt(target, LEAF, "10.0.0.1");
        WatchLoop loop = loop(config(40, 1000, 2));
        loop.start();
        bench.advance(Duration.ofSeconds(31));
        assertThat(loop.snapshot().reports()).hasSize(40);
        // by now it is known that they are one machine
        bench.answer = null;
        bench.begun.clear();
        loop.checkNow();
        bench.advance(Duration.ZERO);
        assertThat(loop.inFlight()).isEqualTo(2);
        assertThat(bench.begun).hasSize(2);
        loop.close();
    }

    private static CheckResult servedAt(CertTarget target, X509Bundle leaf, String address) {
        ServedChain chain = new ServedChain(address, Pki.chain(leaf), null, ServedChain.Kind.SERVED);
        Inspection inspection = new ChainInspector().inspect(target, chain, null, List.of());
        AddressResult result =
                new AddressResult(address, chain.sha256().get(0), "EC", "TLS 1.3", "any", null, Duration.ZERO);
        return new CheckResult(
                new ProbeResult(List.of(chain), List.of(), List.of(result), null, null, Duration.ZERO),
                List.of(inspection),
                List.of(),
                null);
    }

    /** A load balancer with an old certificate on one of two machines is one alarm, and stays one. */
    @Test
    void membersBehindOneAddressAreOneAlarmThatStays() {
        X509Bundle soon = Pki.leaf("h", Pki.root("R"), Duration.ofDays(20));
        int[] turn = {0};
        bench.answer = target -> servedAt(target, turn[0]++ % 2 == 0 ? LEAF : soon, "10.0.0.1");
        List<CertificateChange> changes = new CopyOnWriteArrayList<>();
        WatchLoop loop = loop(config(1, 10, 2));
        loop.addListener(new CertWatchListener() {
            @Override
            public void onChange(CertificateChange change) {
                changes.add(change);
            }
        });
        loop.start();
        bench.advance(Duration.ofHours(12));
        for (int i = 0; i < 10; i++) {
            bench.advance(Duration.ofMinutes(5));
            CertReport report = loop.snapshot().reports().get(0);
            assertThat(report.has(FindingCode.INCONSISTENT_CERT)).isTrue();
            assertThat(report.has(FindingCode.EXPIRING_WARNING)).isTrue();
            assertThat(report.expiry().effective())
                    .isEqualTo(soon.getCertificate().getNotAfter().toInstant());
        }
        loop.close();
        assertThat(changes).hasSize(1);
        // the change to an earlier end, and then that there are two of them
        assertThat(notices).hasSizeBetween(1, 2).allMatch(notice -> notice.to() == Level.WARNING);
    }

    /** From one year to 90 days: an event, told once, which hides nothing that comes later. */
    @Test
    void anEarlierEndIsToldOnceAndNeverAgain() {
        X509Bundle[] served = {Pki.leaf("h", Pki.root("R"), Duration.ofDays(300))};
        bench.answer = target -> servedAt(target, served[0], "10.0.0.1");
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofHours(1));
        served[0] = Pki.leaf("h", Pki.root("R"), Pki.NOW, Pki.NOW.plus(Duration.ofDays(90)), b -> b);
        bench.advance(Duration.ofDays(30));
        assertThat(notices).singleElement().satisfies(notice -> {
            assertThat(notice.to()).isEqualTo(Level.WARNING);
            assertThat(notice.report().has(FindingCode.DOWNGRADED_EXPIRY)).isTrue();
        });
        CertReport later = loop.snapshot().reports().get(0);
        assertThat(later.level()).isEqualTo(Level.OK);
        assertThat(later.has(FindingCode.DOWNGRADED_EXPIRY)).isTrue();
        // a second one is another event
        served[0] = Pki.leaf("h", Pki.root("R"), Pki.NOW, Pki.NOW.plus(Duration.ofDays(60)), b -> b);
        bench.advance(Duration.ofDays(1));
        assertThat(notices).hasSize(2);
        // and what comes later is told as always, once for each threshold
        bench.advance(Duration.ofDays(28));
        loop.close();
        assertThat(notices.stream().map(Notice::kind)).doesNotContain(Notice.Kind.RECOVERED);
        assertThat(notices.get(notices.size() - 1).report().has(FindingCode.EXPIRING_CRITICAL))
                .isTrue();
    }

    @Test
    void anOldCertificateOnOneMemberIsStaleThoughTheOtherIsFresh() {
        X509Bundle old = Pki.leaf("h", Pki.root("R"), Duration.ofDays(200));
        X509Bundle fresh = Pki.leaf("h", Pki.root("R"), Duration.ofDays(390));
        CertificateFacts expected = new ChainInspector().facts(fresh.getCertificate());
        int[] turn = {0};
        bench.answer = target -> {
            CheckResult plain = servedAt(target, turn[0]++ % 2 == 0 ? old : fresh, "10.0.0.1");
            return new CheckResult(plain.probe(), plain.inspections(), List.of(), expected);
        };
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofHours(2));
        assertThat(loop.snapshot().reports().get(0).findings())
                .filteredOn(finding -> finding.code() == FindingCode.STALE_SERVED)
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .contains(old.getCertificate().getNotAfter().toInstant().toString()));
        loop.close();
    }

    @Test
    void probesAreSpreadOverTheIntervalAndStaySo() {
        bench.answer = target -> served(target, LEAF);
        WatchLoop loop = loop(config(600, 1000, 2));
        loop.start();
        bench.advance(Duration.ofMinutes(30));
        assertThat(bench.begun.size()).isBetween(600 * 5, 600 * 8);
        long[] perMinute = new long[30];
        bench.begun.forEach(at -> perMinute[(int) Math.min(29, at / 60_000_000_000L)]++);
        for (int minute = 12; minute < 30; minute++) {
            assertThat(perMinute[minute]).isBetween(60L, 200L);
        }
        loop.close();
    }

    private static final X509Bundle LEAF = Pki.leaf("h", Pki.root("R"), Duration.ofDays(300));
    private static final X509Bundle ENDING = Pki.leaf("h", Pki.root("R"), Duration.ofDays(31));

    private void awaitNotices(int count) {
        org.awaitility.Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> notices.size() >= count);
    }

    @Test
    void oneNoticeForEachChangeOneADayAndOneForTheRecovery() {
        bench.answer = target -> served(target, ENDING);
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofDays(1).minusHours(1));
        bench.advance(Duration.ofDays(2));
        awaitNotices(2);
        assertThat(notices).extracting(Notice::kind).containsExactly(Notice.Kind.RAISED, Notice.Kind.REMINDER);
        bench.advance(Duration.ofDays(22));
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> notices.get(notices.size() - 1).to() == Level.CRITICAL);
        assertThat(notices)
                .filteredOn(notice -> notice.kind() == Notice.Kind.REMINDER)
                .hasSizeBetween(20, 23);
        assertThat(notices)
                .filteredOn(notice -> notice.kind() == Notice.Kind.RAISED)
                .hasSize(2);
        bench.answer = target -> served(target, LEAF);
        bench.advance(Duration.ofHours(2));
        org.awaitility.Awaitility.await()
                .until(() -> notices.get(notices.size() - 1).kind() == Notice.Kind.RECOVERED);
        loop.close();
    }

    @Test
    void oneFailureIsNoNoticeTwoAre() {
        bench.answer = target -> served(target, LEAF);
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofMinutes(10));
        int probed = bench.begun.size();
        bench.answer = target -> failed(FindingCode.CONNECT_TIMEOUT);
        while (bench.begun.size() == probed) {
            bench.advance(Duration.ofSeconds(1));
        }
        bench.answer = target -> served(target, LEAF);
        bench.advance(Duration.ofMinutes(20));
        assertThat(notices).isEmpty();
        bench.answer = target -> failed(FindingCode.CONNECT_TIMEOUT);
        bench.advance(Duration.ofMinutes(20));
        awaitNotices(1);
        assertThat(notices).singleElement().satisfies(notice -> {
            assertThat(notice.to()).isEqualTo(Level.CRITICAL);
            assertThat(notice.report().expiry().effective()).isNotNull();
        });
        loop.close();
    }

    @Test
    void checkNowBeginsAProbeAfterTheCall() {
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofSeconds(30));
        assertThat(bench.begun).hasSize(1);
        var asked = loop.checkNow("host0:443");
        bench.advance(Duration.ZERO);
        bench.probes.get("host0:443").get(0).complete(failed(FindingCode.CONNECT_REFUSED));
        bench.advance(Duration.ZERO);
        assertThat(asked).isNotDone();
        assertThat(bench.begun).hasSize(2);
        bench.probes.get("host0:443").get(1).complete(failed(FindingCode.CONNECT_RESET));
        bench.advance(Duration.ZERO);
        assertThat(asked.join().has(FindingCode.CONNECT_RESET)).isTrue();
        loop.close();
    }

    @Test
    void targetsComeAndGoWhileRunning() {
        bench.answer = target -> served(target, LEAF);
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        loop.add(CertTarget.tls("late", 443).withVerification(Verification.NONE));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> loop.add(CertTarget.tls("late", 443)))
                .hasMessageContaining("watched already");
        bench.advance(Duration.ofSeconds(31));
        assertThat(loop.snapshot().reports()).hasSize(2);
        assertThat(loop.remove("late:443")).isTrue();
        assertThat(loop.remove("late:443")).isFalse();
        bench.advance(Duration.ofHours(1));
        assertThat(loop.snapshot().reports()).hasSize(1);
        assertThat(bench.probes.get("late:443")).hasSize(1);
        loop.close();
    }

    @Test
    void mostTargetsNotYetValidTogetherMakeTheClockSuspect() {
        X509Bundle early = Pki.leaf(
                "h", Pki.root("R"), Pki.NOW.plus(Duration.ofDays(1)), Pki.NOW.plus(Duration.ofDays(90)), b -> b);
        bench.answer = target -> served(target, early);
        WatchLoop loop = loop(config(4, 10, 2));
        loop.start();
        bench.advance(Duration.ofMinutes(1));
        assertThat(loop.snapshot().reports()).allMatch(report -> report.has(FindingCode.CLOCK_SUSPECT));
        loop.close();
    }

    @Test
    void aCertificateWithoutAnEndIsProbedAgainAndAgain() throws Exception {
        Instant never = Instant.parse("9999-12-31T23:59:59Z");
        X509Bundle endless = Pki.leaf("h", Pki.root("R"), Pki.NOW.minus(Duration.ofDays(1)), never, b -> b);
        bench.answer = target -> served(target, endless);
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofHours(1));
        assertThat(bench.begun).hasSizeGreaterThan(2);
        assertThat(loop.awaitFirstSweep(Duration.ZERO)).isTrue();
        assertThat(loop.snapshot().reports())
                .singleElement()
                .satisfies(report -> assertThat(report.expiry().leaf()).isEqualTo(never));
        loop.close();
    }

    @Test
    void aProbeThatCannotBeJudgedIsNotTheLast() throws Exception {
        bench.answer = target -> {
            bench.clockFailsOnce = bench.begun.size() == 1;
            return served(target, LEAF);
        };
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofHours(1));
        assertThat(bench.begun).hasSizeGreaterThan(2);
        assertThat(loop.awaitFirstSweep(Duration.ZERO)).isTrue();
        assertThat(loop.snapshot().reports()).hasSize(1);
        loop.close();
    }

    @Test
    void aStandingFindingHidesNoEndOfValidity() {
        X509Bundle ending = Pki.leaf("h", Pki.root("R"), Duration.ofDays(30).plusHours(12));
        Finding weak = Finding.of(FindingCode.WEAK_KEY, "weak key");
        bench.answer = target -> {
            CheckResult plain = served(target, ending);
            return new CheckResult(plain.probe(), plain.inspections(), List.of(weak), null);
        };
        WatchLoop loop = loop(config(1, 10, 2));
        loop.start();
        bench.advance(Duration.ofHours(6));
        awaitNotices(1);
        bench.advance(Duration.ofHours(12));
        awaitNotices(2);
        assertThat(notices)
                .filteredOn(notice -> notice.kind() == Notice.Kind.RAISED)
                .hasSize(2)
                .last()
                .satisfies(notice -> {
                    assertThat(notice.from()).isEqualTo(Level.WARNING);
                    assertThat(notice.to()).isEqualTo(Level.WARNING);
                    assertThat(notice.text()).contains("weak key").contains("expires");
                });
        loop.close();
    }

    @Test
    void aListenerThatBlocksOrFailsHindersNoOther() throws Exception {
        java.util.concurrent.CountDownLatch blocked = new java.util.concurrent.CountDownLatch(1);
        CertWatchListener blocking = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                try {
                    blocked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        CertWatchListener failing = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                throw new AssertionError("of a listener");
            }
        };
        CertWatchListener well = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                notices.add(notice);
            }
        };
        bench.answer = target -> served(target, Pki.leaf("h", Pki.root("R"), Duration.ofDays(3)));
        WatchLoop loop = new WatchLoop(config(3, 10, 2), bench, List.of(blocking, failing, well), bench);
        loop.start();
        bench.advance(Duration.ofMinutes(1));
        awaitNotices(3);
        blocked.countDown();
        loop.close();
    }
}
