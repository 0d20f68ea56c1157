package dev.pgpool.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetentionPlanTest {

    private static final Instant NOW = Instant.parse("2026-11-23T03:00:00Z");
    private static final RetentionPolicy THIRTY_DAYS = RetentionPolicy.defaults();

    @Test
    void dailyBackupsLoseOnlyThoseOlderThanTheAge() {
        RetentionPlan plan = RetentionPlan.of(daily(0, 33), THIRTY_DAYS, NOW);

        assertThat(plan.deletions()).containsExactly("d32", "d31");
        assertThat(reason(plan, "d30")).isEqualTo(RetentionReason.AGE);
        assertThat(reason(plan, "d31")).isEqualTo(RetentionReason.EXPIRED);
        assertThat(reason(plan, "d0")).isEqualTo(RetentionReason.FLOOR_MIN_KEEP);
        assertThat(plan.alarms()).isEmpty();
        assertThat(plan.missingDays()).isEmpty();
    }

    @Test
    void exactlyTheAgeStays() {
        List<Candidate> candidates = new ArrayList<>(daily(0, 3));
        candidates.add(Candidate.of("edge", NOW.minus(Duration.ofDays(30))));
        candidates.add(Candidate.of("over", NOW.minus(Duration.ofDays(30)).minusMillis(1)));

        assertThat(RetentionPlan.of(candidates, THIRTY_DAYS, NOW).deletions()).containsExactly("over");
    }

    @Test
    void whileNothingSucceedsNothingIsDeletedAndThenTheFloorHolds() {
        List<Candidate> old = daily(36, 66);
        RetentionPlan failing = RetentionPlan.of(old, THIRTY_DAYS, NOW);
        assertThat(failing.deletions()).isEmpty();
        assertThat(failing.alarms()).singleElement().asString().startsWith("stale");
        assertThat(reason(failing, "d65")).isEqualTo(RetentionReason.STALE);

        List<Candidate> again = new ArrayList<>(old);
        again.add(Candidate.of("new", NOW));
        RetentionPlan guarded = RetentionPlan.of(again, THIRTY_DAYS, NOW);
        assertThat(guarded.deletions()).isEmpty();
        assertThat(guarded.alarms()).singleElement().asString().contains("28 of 31");

        RetentionPlan meant = RetentionPlan.of(again, THIRTY_DAYS.withMaxDeleteShare(1), NOW);
        assertThat(meant.deletions()).hasSize(28).doesNotContain("new", "d36", "d37");
        assertThat(meant.missingDays()).hasSize(30).contains(LocalDate.parse("2026-11-20"));
    }

    @Test
    void aTypoInTheAgeIsStoppedByTheGuard() {
        RetentionPlan plan = RetentionPlan.of(daily(0, 30), RetentionPolicy.keepFor(Duration.ofDays(3)), NOW);

        assertThat(plan.deletions()).isEmpty();
        assertThat(reason(plan, "d20")).isEqualTo(RetentionReason.DELETE_GUARD);
        assertThat(plan.alarms()).hasSize(1);
    }

    @Test
    void futureDatedBackupsDoNotPushOutRealOnes() {
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            candidates.add(Candidate.of("forged" + i, NOW.plus(Duration.ofDays(365L * i))));
        }
        candidates.add(Candidate.of("real1", NOW.minus(Duration.ofDays(29))));
        candidates.add(Candidate.of("real2", NOW.minus(Duration.ofDays(40))));
        RetentionPlan plan = RetentionPlan.of(candidates, THIRTY_DAYS, NOW);

        assertThat(plan.deletions()).isEmpty();
        assertThat(reason(plan, "forged1")).isEqualTo(RetentionReason.FUTURE_DATED);
        assertThat(reason(plan, "real2")).isEqualTo(RetentionReason.FLOOR_MIN_KEEP);
        assertThat(plan.alarms()).hasSize(5);
        assertThat(reason(
                        RetentionPlan.of(List.of(Candidate.of("skewed", NOW.plusSeconds(300))), THIRTY_DAYS, NOW),
                        "skewed"))
                .isEqualTo(RetentionReason.FLOOR_MIN_KEEP);
    }

    @Test
    void unreadableManifestsAreKeptAndNotCounted() {
        List<Candidate> candidates = new ArrayList<>(daily(0, 40));
        candidates.add(new Candidate("broken", null, false, null, false));
        RetentionPlan plan = RetentionPlan.of(candidates, THIRTY_DAYS, NOW);

        assertThat(reason(plan, "broken")).isEqualTo(RetentionReason.UNREADABLE_MANIFEST);
        assertThat(plan.alarms()).singleElement().asString().contains("broken");
        assertThat(plan.deletions()).hasSize(9);
    }

    @Test
    void pinsLocksAndTheNewestVerifiedStay() {
        List<Candidate> candidates = new ArrayList<>(daily(0, 31));
        Instant old = NOW.minus(Duration.ofDays(50));
        candidates.add(new Candidate("pinned", old, true, null, false));
        candidates.add(new Candidate("locked", old.plusSeconds(1), false, NOW.plusSeconds(1), false));
        candidates.add(new Candidate("unlocked", old.plusSeconds(2), false, NOW, false));
        candidates.add(new Candidate("verified", old.plusSeconds(3), false, null, true));
        candidates.add(new Candidate("verified-older", old.minusSeconds(1), false, null, true));
        RetentionPlan plan = RetentionPlan.of(candidates, THIRTY_DAYS, NOW);

        assertThat(reason(plan, "pinned")).isEqualTo(RetentionReason.PINNED);
        assertThat(reason(plan, "locked")).isEqualTo(RetentionReason.LOCKED);
        assertThat(plan.decision("locked"))
                .satisfies(d -> assertThat(d.verdict()).isEqualTo(Verdict.BLOCKED))
                .satisfies(d -> assertThat(d.detail()).contains("locked until"));
        assertThat(reason(plan, "verified")).isEqualTo(RetentionReason.NEWEST_VERIFIED);
        assertThat(plan.deletions()).containsExactly("verified-older", "unlocked");
    }

    @Test
    void generationsKeepTheNewestOfEachPeriod() {
        List<Candidate> candidates = daily(0, 800);
        RetentionPolicy policy = RetentionPolicy.keepFor(Duration.ofDays(7))
                .withGenerations(10, 6, 12, 3)
                .withMaxDeleteShare(1);
        RetentionPlan plan = RetentionPlan.of(candidates, policy, NOW);

        assertThat(count(plan, RetentionReason.YEARLY))
                .as("2024; the last of 2025 is that of a month")
                .isEqualTo(1);
        assertThat(count(plan, RetentionReason.DAILY)).isEqualTo(2);
        // Of 12 months one is within the age, of 6 weeks two are; some of the rest coincide with a shorter period.
        assertThat(count(plan, RetentionReason.MONTHLY)).isBetween(9L, 11L);
        assertThat(count(plan, RetentionReason.WEEKLY)).isBetween(3L, 5L);
        assertThat(reason(plan, "d23")).as("31 October").isEqualTo(RetentionReason.MONTHLY);
    }

    @Test
    void weeksAndYearsAreThoseOfTheCalendarAtItsEdges() {
        Instant newYear = Instant.parse("2027-01-01T02:00:00Z");
        List<Candidate> candidates = List.of(
                Candidate.of("leap", Instant.parse("2024-02-29T02:00:00Z")),
                Candidate.of("nye", Instant.parse("2026-12-31T23:59:59Z")),
                Candidate.of("now", newYear));
        RetentionPolicy policy = RetentionPolicy.keepFor(Duration.ofHours(1))
                .withMinKeep(1)
                .withGenerations(0, 0, 0, 9)
                .withMaxDeleteShare(1);
        RetentionPlan plan = RetentionPlan.of(candidates, policy, newYear);

        assertThat(reason(plan, "nye")).isEqualTo(RetentionReason.YEARLY);
        assertThat(reason(plan, "leap")).isEqualTo(RetentionReason.YEARLY);
    }

    @Test
    void missingDaysAreNamed() {
        List<Candidate> candidates = new ArrayList<>(daily(0, 20));
        candidates.removeIf(c -> c.id().equals("d3") || c.id().equals("d7"));

        assertThat(RetentionPlan.of(candidates, THIRTY_DAYS, NOW).missingDays())
                .containsExactly(LocalDate.parse("2026-11-16"), LocalDate.parse("2026-11-20"));
        assertThat(RetentionPlan.of(candidates, THIRTY_DAYS, NOW).table()).contains("no backup for 2026-11-20");
    }

    @Test
    void aChangeOfTheClocksIsNoMissingDay() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        List<Candidate> candidates = new ArrayList<>();
        for (int day = 10; day <= 31; day++) {
            // 01:30 is 23:30 UTC of the day before in summer, and 00:30 UTC in winter.
            candidates.add(Candidate.of(
                    "d" + day,
                    LocalDate.of(2026, 10, day).atTime(1, 30).atZone(berlin).toInstant()));
        }
        Instant now = Instant.parse("2026-10-31T12:00:00Z");
        assertThat(RetentionPlan.of(candidates, THIRTY_DAYS, now).missingDays()).isEmpty();

        candidates.removeIf(c -> c.id().equals("d20"));
        assertThat(RetentionPlan.of(candidates, THIRTY_DAYS, now).missingDays())
                .containsExactly(LocalDate.parse("2026-10-19"));
    }

    @Test
    void nothingIsNothing() {
        assertThat(RetentionPlan.of(List.of(), THIRTY_DAYS, NOW).table()).isEmpty();
    }

    @Test
    void aPolicyNamesAllItsProblems() {
        assertThatThrownBy(() -> new RetentionPolicy(Duration.ZERO, 0, -1, 0, 0, 0, 1.5, Duration.ZERO))
                .hasMessageContaining("maxAge")
                .hasMessageContaining("minKeep")
                .hasMessageContaining("generations")
                .hasMessageContaining("maxDeleteShare")
                .hasMessageContaining("staleAfter");
    }

    /** Laws that hold for whatever is in the bucket. */
    @Test
    void lawsHoldForRandomCatalogs() {
        for (long seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            List<Candidate> candidates = randomCandidates(random);
            RetentionPolicy policy = randomPolicy(random);
            RetentionPlan plan = RetentionPlan.of(candidates, policy, NOW);
            String label = "seed " + seed;

            assertThat(plan.decisions()).as(label).hasSize(candidates.size());
            Set<String> deleted = new HashSet<>(plan.deletions());
            List<Candidate> good = candidates.stream()
                    .filter(c ->
                            c.startedAt() != null && !c.startedAt().isAfter(NOW.plus(RetentionPlan.CLOCK_TOLERANCE)))
                    .toList();
            for (Candidate candidate : candidates) {
                if (deleted.contains(candidate.id())) {
                    assertThat(good).as(label).contains(candidate);
                    assertThat(candidate.pinned()).as(label).isFalse();
                    assertThat(candidate.startedAt()).as(label).isBefore(NOW.minus(policy.maxAge()));
                    assertThat(candidate.lockedUntil() != null
                                    && candidate.lockedUntil().isAfter(NOW))
                            .as(label)
                            .isFalse();
                }
            }
            long survivors =
                    good.stream().filter(c -> !deleted.contains(c.id())).count();
            assertThat(survivors).as(label).isGreaterThanOrEqualTo(Math.min(policy.minKeep(), good.size()));
            assertThat(deleted.size()).as(label).isLessThanOrEqualTo((int)
                    Math.max(1, policy.maxDeleteShare() * good.size()));
            good.stream()
                    .max(java.util.Comparator.comparing(Candidate::startedAt))
                    .ifPresent(newest -> {
                        Instant oldestKept = good.stream()
                                .filter(c -> deleted.contains(c.id()))
                                .map(Candidate::startedAt)
                                .max(java.util.Comparator.naturalOrder())
                                .orElse(Instant.MIN);
                        assertThat(oldestKept).as(label).isBeforeOrEqualTo(newest.startedAt());
                    });
            List<Candidate> shuffled = new ArrayList<>(candidates);
            Collections.shuffle(shuffled, random);
            assertThat(RetentionPlan.of(shuffled, policy, NOW)).as(label).isEqualTo(plan);
            candidates.removeIf(c -> deleted.contains(c.id()));
            if (policy.daily() + policy.weekly() + policy.monthly() + policy.yearly() == 0
                    && policy.maxDeleteShare() == 1) {
                assertThat(RetentionPlan.of(candidates, policy, NOW).deletions())
                        .as(label + ": a second time nothing more goes")
                        .isEmpty();
            }
        }
    }

    private static List<Candidate> randomCandidates(Random random) {
        List<Candidate> candidates = new ArrayList<>();
        int count = random.nextInt(40);
        for (int i = 0; i < count; i++) {
            Instant startedAt = random.nextInt(15) == 0
                    ? null
                    : NOW.minusSeconds(random.nextInt(90 * 86_400) - (random.nextInt(10) == 0 ? 100 * 86_400L : 0));
            candidates.add(new Candidate(
                    "b" + i,
                    startedAt,
                    random.nextInt(10) == 0,
                    random.nextInt(8) == 0 ? NOW.plusSeconds(random.nextInt(20) - 10) : null,
                    random.nextInt(6) == 0));
        }
        return candidates;
    }

    private static RetentionPolicy randomPolicy(Random random) {
        boolean generations = random.nextBoolean();
        return new RetentionPolicy(
                Duration.ofDays(1 + random.nextInt(60)),
                1 + random.nextInt(6),
                generations ? random.nextInt(5) : 0,
                generations ? random.nextInt(5) : 0,
                generations ? random.nextInt(5) : 0,
                generations ? random.nextInt(3) : 0,
                random.nextBoolean() ? 1 : random.nextDouble(),
                Duration.ofDays(1 + random.nextInt(90)));
    }

    private static List<Candidate> daily(int from, int to) {
        List<Candidate> candidates = new ArrayList<>();
        for (int age = from; age < to; age++) {
            candidates.add(Candidate.of("d" + age, NOW.minus(Duration.ofDays(age))));
        }
        return candidates;
    }

    private static RetentionReason reason(RetentionPlan plan, String id) {
        RetentionDecision decision = plan.decision(id);
        assertThat(decision).as(id).isNotNull();
        return decision == null ? RetentionReason.EXPIRED : decision.reason();
    }

    private static long count(RetentionPlan plan, RetentionReason reason) {
        return plan.decisions().stream().filter(d -> d.reason() == reason).count();
    }
}
