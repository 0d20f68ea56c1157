package dev.pgpool.backup.notify;

import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.LastRun;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.VerifyReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which events are worth a notice: a change between good and bad, and what stays bad once for each repeat interval.
 * Skipped runs are neither. Confined to one thread.
 *
 * <pre>
 * GOOD -- failure --> BAD: FAILED          BAD -- failure, interval passed --> FAILED (repeated)
 * BAD  -- success --> GOOD: RECOVERED      GOOD -- success --> nothing
 * </pre>
 */
public final class NoticeRules {

    private final Duration repeatInterval;
    private final Set<Notice.Kind> kinds;
    private final boolean everyRun;
    private final Map<String, Bad> bad = new HashMap<>();

    /** Rules that repeat what stays bad after each such interval, and tell nothing of runs that go well. */
    public NoticeRules(Duration repeatInterval) {
        this(repeatInterval, EnumSet.complementOf(EnumSet.of(Notice.Kind.STARTED, Notice.Kind.SUCCEEDED)));
    }

    /** The same rules for some kinds of notices. */
    public NoticeRules(Duration repeatInterval, Set<Notice.Kind> kinds) {
        this(repeatInterval, kinds, false);
    }

    private NoticeRules(Duration repeatInterval, Set<Notice.Kind> kinds, boolean everyRun) {
        this.repeatInterval = repeatInterval;
        this.kinds = Set.copyOf(kinds);
        this.everyRun = everyRun;
    }

    /** Each run's start, success and failure, and nothing else: what a dead man's switch wants. */
    public static NoticeRules everyRun() {
        return new NoticeRules(
                Duration.ZERO, EnumSet.of(Notice.Kind.STARTED, Notice.Kind.SUCCEEDED, Notice.Kind.FAILED), true);
    }

    private static final String RUN = "backup";

    private record Bad(Instant told, String message) {}

    /** The notices that an event is worth. */
    public List<Notice> on(BackupEvent event) {
        return all(event).stream()
                .filter(notice -> kinds.contains(notice.kind()))
                .filter(notice -> !everyRun || notice.subject().equals(RUN))
                .toList();
    }

    private List<Notice> all(BackupEvent event) {
        if (event instanceof BackupEvent.RunStarted started) {
            return one(notice(Notice.Kind.STARTED, "run " + started.run(), "", event.at()));
        }
        if (event instanceof BackupEvent.Copied copied) {
            String subject = "copies of " + copied.database() + " in " + copied.store();
            return one(
                    copied.problem().isEmpty()
                            ? recovered(subject, "backup " + copied.run() + " is there", event.at())
                            : failed(Notice.Kind.ATTENTION, subject, copied.problem(), "", event.at()));
        }
        if (event instanceof BackupEvent.CatalogLoaded loaded) {
            remember(loaded.lastRun());
            return List.of();
        }
        if (event instanceof BackupEvent.RunFinished finished) {
            return onRun(finished.report(), event.at());
        }
        if (event instanceof BackupEvent.Verified verified) {
            return one(onVerify(verified.report(), event.at()));
        }
        if (event instanceof BackupEvent.Overdue overdue) {
            Instant last = overdue.lastSuccess();
            String message = last == null ? "no backup has ever succeeded" : "no backup has succeeded since " + last;
            return one(failed(Notice.Kind.OVERDUE, "overdue", message, "OVERDUE", event.at()));
        }
        if (event instanceof BackupEvent.RetentionApplied applied) {
            List<String> alarms = new ArrayList<>(applied.plan().alarms());
            applied.failures().forEach(failure -> alarms.add("not deleted: " + failure));
            String subject = "retention of " + applied.database();
            return one(
                    alarms.isEmpty()
                            ? recovered(subject, "nothing to look at any more", event.at())
                            : failed(Notice.Kind.ATTENTION, subject, String.join("; ", alarms), "", event.at()));
        }
        return List.of();
    }

    /** What was told by another instance, or before a restart, is not told again; that it works again is. */
    private void remember(@Nullable LastRun last) {
        if (last == null) {
            return;
        }
        switch (last.outcome()) {
            case SUCCESS -> {
                bad.remove(RUN);
                bad.remove("overdue");
            }
            case FAILURE, CANCELLED -> bad.putIfAbsent(RUN, new Bad(told(last), last.message()));
            case SKIPPED -> {}
        }
    }

    /** When it was told last: at the first failure, and after each interval since. */
    private Instant told(LastRun last) {
        Instant since = last.failingSince();
        long interval = repeatInterval.toMillis();
        if (since == null || interval == 0 || since.isAfter(last.at())) {
            return last.at();
        }
        long passed = Duration.between(since, last.at()).toMillis();
        return since.plusMillis(passed - passed % interval);
    }

    private static List<Notice> one(@Nullable Notice notice) {
        return notice == null ? List.of() : List.of(notice);
    }

    private static Notice notice(Notice.Kind kind, String message, String reason, Instant at) {
        return new Notice(kind, RUN, message, reason, at, false);
    }

    private List<Notice> onRun(RunReport report, Instant at) {
        FailureReason reason = report.reason();
        return switch (report.outcome()) {
            case SUCCESS -> {
                bad.remove("overdue");
                List<Notice> notices = new ArrayList<>(one(recovered(RUN, "backup " + report.id() + " succeeded", at)));
                notices.add(notice(Notice.Kind.SUCCEEDED, report.line(), "", at));
                yield notices;
            }
            case FAILURE, CANCELLED ->
                one(failed(Notice.Kind.FAILED, RUN, report.message(), reason == null ? "" : reason.name(), at));
            case SKIPPED -> List.of();
        };
    }

    private @Nullable Notice onVerify(VerifyReport report, Instant at) {
        String subject = "verify " + report.database();
        FailureReason reason = report.reason();
        return report.passed()
                ? recovered(subject, "backup " + report.id() + " passed up to " + report.reached(), at)
                : failed(
                        Notice.Kind.FAILED,
                        subject,
                        "backup " + report.id() + ": " + String.join("; ", report.problems()),
                        reason == null ? "" : reason.name(),
                        at);
    }

    private @Nullable Notice failed(Notice.Kind kind, String subject, String message, String reason, Instant at) {
        Bad known = bad.get(subject);
        if (known != null && at.isBefore(known.told().plus(repeatInterval))) {
            return null;
        }
        bad.put(subject, new Bad(at, message));
        return new Notice(kind, subject, message, reason, at, known != null);
    }

    private @Nullable Notice recovered(String subject, String message, Instant at) {
        return bad.remove(subject) == null ? null : new Notice(Notice.Kind.RECOVERED, subject, message, "", at, false);
    }
}
