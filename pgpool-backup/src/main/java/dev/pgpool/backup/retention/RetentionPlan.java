package dev.pgpool.backup.retention;

import static dev.pgpool.backup.retention.Verdict.BLOCKED;
import static dev.pgpool.backup.retention.Verdict.DELETE;
import static dev.pgpool.backup.retention.Verdict.KEEP;

import dev.pgpool.backup.internal.text.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What retention would do, as a value: a verdict and a reason for each backup. Made by {@link #of}, a pure function: it asks
 * no clock and touches no store, so that a plan can be looked at, printed and tested before anything is deleted.
 *
 * <p>In words: set aside what cannot be read and what is dated in the future. Of the rest, newest first, keep the first
 * {@code minKeep}, the newest verified one, pinned ones, those within {@code maxAge}, and the newest of each wanted
 * generation. What is then left goes, unless it is locked. If that were more than the allowed share, or if the newest good
 * backup is stale, nothing goes at all.
 *
 * @param decisions one for each backup, newest first, those set aside at the end
 * @param alarms what a person should look at
 * @param missingDays UTC days within {@code maxAge}, since the oldest good backup and before today, without a good backup,
 *     unless those around it are no further apart than the days of a clock change
 */
public record RetentionPlan(List<RetentionDecision> decisions, List<String> alarms, List<LocalDate> missingDays) {

    /** How far a backup's time may lie ahead of the clock before it counts as dated in the future. */
    public static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

    private static final Duration LONGEST_DAY = Duration.ofHours(30);

    /** Copies. */
    public RetentionPlan {
        decisions = List.copyOf(decisions);
        alarms = List.copyOf(alarms);
        missingDays = List.copyOf(missingDays);
    }

    /** A good backup: readable, and not from the future. */
    private record Good(Candidate candidate, Instant startedAt) {
        LocalDate day() {
            return LocalDate.ofInstant(startedAt, ZoneOffset.UTC);
        }
    }

    /**
     * The plan for the backups of one database.
     *
     * @param candidates all of them, in any order
     * @param policy how long they are to be kept
     * @param now the instant to judge by
     */
    public static RetentionPlan of(Collection<Candidate> candidates, RetentionPolicy policy, Instant now) {
        List<String> alarms = new ArrayList<>();
        List<RetentionDecision> aside = new ArrayList<>();
        List<Good> good = new ArrayList<>();
        for (Candidate candidate :
                candidates.stream().sorted(Comparator.comparing(Candidate::id)).toList()) {
            sort(candidate, now, good, aside, alarms);
        }
        good.sort(Comparator.comparing(Good::startedAt)
                .thenComparing(g -> g.candidate().id())
                .reversed());
        List<RetentionDecision> decisions = guard(judge(good, policy, now), good, policy, now, alarms);
        decisions.addAll(aside);
        return new RetentionPlan(decisions, alarms, missingDays(good, policy, now));
    }

    private static void sort(
            Candidate candidate, Instant now, List<Good> good, List<RetentionDecision> aside, List<String> alarms) {
        Instant startedAt = candidate.startedAt();
        if (startedAt == null) {
            alarms.add("backup " + candidate.id() + ": its manifest cannot be read; it is kept and not counted");
            aside.add(new RetentionDecision(
                    candidate, KEEP, RetentionReason.UNREADABLE_MANIFEST, "manifest cannot be read"));
        } else if (startedAt.isAfter(now.plus(CLOCK_TOLERANCE))) {
            alarms.add("backup " + candidate.id() + ": dated " + startedAt + ", which is after " + now
                    + "; it is kept and not counted");
            aside.add(new RetentionDecision(
                    candidate, KEEP, RetentionReason.FUTURE_DATED, "dated " + startedAt + ", in the future"));
        } else {
            good.add(new Good(candidate, startedAt));
        }
    }

    private static List<RetentionDecision> judge(List<Good> good, RetentionPolicy policy, Instant now) {
        Map<Candidate, RetentionReason> generations = generations(good, policy);
        Instant limit = now.minus(policy.maxAge());
        boolean verifiedSeen = false;
        List<RetentionDecision> decisions = new ArrayList<>();
        for (int i = 0; i < good.size(); i++) {
            Candidate candidate = good.get(i).candidate();
            Instant startedAt = good.get(i).startedAt();
            boolean newestVerified = candidate.verified() && !verifiedSeen;
            verifiedSeen |= candidate.verified();
            String age = "age " + days(Duration.between(startedAt, now));
            RetentionReason generation = generations.get(candidate);
            Instant lockedUntil = candidate.lockedUntil();
            RetentionDecision decision;
            if (candidate.pinned()) {
                decision = new RetentionDecision(candidate, KEEP, RetentionReason.PINNED, "pinned");
            } else if (i < policy.minKeep()) {
                decision = new RetentionDecision(
                        candidate,
                        KEEP,
                        RetentionReason.FLOOR_MIN_KEEP,
                        "number " + (i + 1) + " of the newest " + policy.minKeep());
            } else if (!startedAt.isBefore(limit)) {
                decision = new RetentionDecision(
                        candidate, KEEP, RetentionReason.AGE, age + " <= " + days(policy.maxAge()));
            } else if (newestVerified) {
                decision = new RetentionDecision(
                        candidate, KEEP, RetentionReason.NEWEST_VERIFIED, "the newest verified one");
            } else if (generation != null) {
                decision =
                        new RetentionDecision(candidate, KEEP, generation, "the newest of its " + period(generation));
            } else if (lockedUntil != null && lockedUntil.isAfter(now)) {
                decision = new RetentionDecision(
                        candidate,
                        BLOCKED,
                        RetentionReason.LOCKED,
                        lockedUntil.equals(Candidate.LEGAL_HOLD)
                                ? "under a legal hold"
                                : "locked until " + lockedUntil);
            } else {
                decision = new RetentionDecision(
                        candidate, DELETE, RetentionReason.EXPIRED, age + " > " + days(policy.maxAge()));
            }
            decisions.add(decision);
        }
        return decisions;
    }

    private static List<RetentionDecision> guard(
            List<RetentionDecision> decisions,
            List<Good> good,
            RetentionPolicy policy,
            Instant now,
            List<String> alarms) {
        long deletes = decisions.stream().filter(d -> d.verdict() == DELETE).count();
        if (!good.isEmpty() && good.get(0).startedAt().isBefore(now.minus(policy.staleAfter()))) {
            alarms.add("stale: the newest good backup is from " + good.get(0).startedAt() + ", older than "
                    + days(policy.staleAfter()) + "; nothing is deleted");
            return block(decisions, RetentionReason.STALE, "the newest good backup is too old");
        }
        if (deletes > Math.max(1, Math.floor(policy.maxDeleteShare() * good.size()))) {
            String detail = deletes + " of " + good.size() + " backups would go at once, allowed is a share of "
                    + policy.maxDeleteShare();
            alarms.add(detail + "; nothing is deleted (raise maxDeleteShare if this is meant)");
            return block(decisions, RetentionReason.DELETE_GUARD, detail);
        }
        return decisions;
    }

    private static List<RetentionDecision> block(
            List<RetentionDecision> decisions, RetentionReason reason, String detail) {
        List<RetentionDecision> blocked = new ArrayList<>(decisions.size());
        for (RetentionDecision decision : decisions) {
            blocked.add(
                    decision.verdict() == DELETE
                            ? new RetentionDecision(decision.candidate(), BLOCKED, reason, detail)
                            : decision);
        }
        return blocked;
    }

    private static Map<Candidate, RetentionReason> generations(List<Good> good, RetentionPolicy policy) {
        Map<Candidate, RetentionReason> wanted = new HashMap<>();
        newestOfEach(good, policy.yearly(), g -> g.day().getYear(), RetentionReason.YEARLY, wanted);
        newestOfEach(good, policy.monthly(), g -> YearMonth.from(g.day()), RetentionReason.MONTHLY, wanted);
        newestOfEach(good, policy.weekly(), RetentionPlan::week, RetentionReason.WEEKLY, wanted);
        newestOfEach(good, policy.daily(), Good::day, RetentionReason.DAILY, wanted);
        return wanted;
    }

    private static int week(Good good) {
        return good.day().get(IsoFields.WEEK_BASED_YEAR) * 100 + good.day().get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
    }

    private static void newestOfEach(
            List<Good> newestFirst,
            int periods,
            Function<Good, Object> period,
            RetentionReason reason,
            Map<Candidate, RetentionReason> wanted) {
        Set<Object> seen = new HashSet<>();
        for (Good good : newestFirst) {
            if (seen.size() == periods) {
                return;
            }
            if (seen.add(period.apply(good))) {
                wanted.put(good.candidate(), reason);
            }
        }
    }

    private static List<LocalDate> missingDays(List<Good> newestFirst, RetentionPolicy policy, Instant now) {
        if (newestFirst.isEmpty()) {
            return List.of();
        }
        Set<LocalDate> present = new HashSet<>();
        newestFirst.forEach(g -> present.add(g.day()));
        // A nightly backup near midnight in UTC may skip a UTC day when the clocks are changed; that is no gap.
        for (int i = 0; i + 1 < newestFirst.size(); i++) {
            Good later = newestFirst.get(i);
            Good earlier = newestFirst.get(i + 1);
            if (Duration.between(earlier.startedAt(), later.startedAt()).compareTo(LONGEST_DAY) <= 0) {
                present.add(later.day().minusDays(1));
            }
        }
        LocalDate oldest = newestFirst.get(newestFirst.size() - 1).day();
        LocalDate windowStart = LocalDate.ofInstant(now.minus(policy.maxAge()), ZoneOffset.UTC);
        LocalDate first = oldest.isAfter(windowStart) ? oldest : windowStart;
        return first.datesUntil(max(first, LocalDate.ofInstant(now, ZoneOffset.UTC)))
                .filter(day -> !present.contains(day))
                .toList();
    }

    private static LocalDate max(LocalDate a, LocalDate b) {
        return a.isAfter(b) ? a : b;
    }

    /** Ids of the backups that go, oldest first. */
    public List<String> deletions() {
        List<String> ids = new ArrayList<>();
        for (int i = decisions.size() - 1; i >= 0; i--) {
            if (decisions.get(i).verdict() == DELETE) {
                ids.add(decisions.get(i).candidate().id());
            }
        }
        return ids;
    }

    /** The decision on a backup, or {@code null} if it is not in the plan. */
    public @Nullable RetentionDecision decision(String id) {
        return decisions.stream()
                .filter(d -> d.candidate().id().equals(id))
                .findFirst()
                .orElse(null);
    }

    /** The plan in one line, for people. */
    public String line() {
        long kept =
                decisions.stream().filter(d -> d.verdict() != Verdict.DELETE).count();
        return deletions().size() + " to delete, " + kept + " to keep"
                + (alarms.isEmpty() ? "" : ", " + alarms.size() + " alarms: " + String.join("; ", alarms))
                + (missingDays.isEmpty() ? "" : ", " + missingDays.size() + " days without a backup");
    }

    /** A line for each backup, then the alarms and the missing days. */
    public String table() {
        TextTable table = new TextTable();
        for (RetentionDecision d : decisions) {
            table.row(d.candidate().id(), d.candidate().startedAt(), d.verdict(), d.reason(), d.detail());
        }
        StringBuilder text = new StringBuilder(table.toString());
        alarms.forEach(alarm -> text.append("ALARM ").append(alarm).append(System.lineSeparator()));
        missingDays.forEach(day -> text.append("no backup for ").append(day).append(System.lineSeparator()));
        return text.toString();
    }

    private static String period(RetentionReason reason) {
        return switch (reason) {
            case DAILY -> "day";
            case WEEKLY -> "week";
            case MONTHLY -> "month";
            default -> "year";
        };
    }

    private static String days(Duration duration) {
        return String.format(java.util.Locale.ROOT, "%.1f d", duration.toMinutes() / 1440.0);
    }
}
