package dev.pgpool.backup.notify;

import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.LastRun;
import dev.pgpool.backup.RunReport;
import dev.pgpool.backup.VerifyReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final Map<String, Bad> bad = new HashMap<>();

    /** Rules that repeat what stays bad after each such interval. */
    public NoticeRules(Duration repeatInterval) {
        this.repeatInterval = repeatInterval;
    }

    private record Bad(Instant told, String message) {}

    /** The notices that an event is worth. */
    public List<Notice> on(BackupEvent event) {
        if (event instanceof BackupEvent.CatalogLoaded loaded) {
            remember(loaded.lastRun());
            return List.of();
        }
        if (event instanceof BackupEvent.RunFinished finished) {
            return one(onRun(finished.report(), event.at()));
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
                bad.remove("backup");
                bad.remove("overdue");
            }
            case FAILURE, CANCELLED -> bad.putIfAbsent("backup", new Bad(last.at(), last.message()));
            case SKIPPED -> {}
        }
    }

    private static List<Notice> one(@Nullable Notice notice) {
        return notice == null ? List.of() : List.of(notice);
    }

    private @Nullable Notice onRun(RunReport report, Instant at) {
        FailureReason reason = report.reason();
        return switch (report.outcome()) {
            case SUCCESS -> {
                bad.remove("overdue");
                yield recovered("backup", "backup " + report.id() + " succeeded", at);
            }
            case FAILURE, CANCELLED ->
                failed(Notice.Kind.FAILED, "backup", report.message(), reason == null ? "" : reason.name(), at);
            case SKIPPED -> null;
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
