package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.CertReport;
import dev.pgpool.certwatch.CertWatchConfig.Notices;
import dev.pgpool.certwatch.Level;
import dev.pgpool.certwatch.Notice;
import dev.pgpool.certwatch.Severity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Decides about notices of one target: one for each change of level, one for each repeat interval, one for the recovery.
 * Faults that may pass count only when they last; dates and trust count at once. Confined to the timeline.
 */
final class NoticeRule {

    private Level told = Level.OK;
    private @Nullable Instant toldAt;
    private int failuresInARow;

    /** The notice that a report calls for; absent if none. */
    @Nullable
    Notice onReport(CertReport report, Notices rules, Instant now) {
        boolean failed = report.findings().stream()
                .anyMatch(finding -> finding.severity() != Severity.INFO && ReportMaker.mayPass(finding));
        failuresInARow = failed ? failuresInARow + 1 : 0;
        boolean lasting = failuresInARow >= rules.failuresBeforeNotice();
        Level level = ReportMaker.level(report.findings(), finding -> lasting || !ReportMaker.mayPass(finding));
        if (failed && !lasting && level.compareTo(told) < 0) {
            // One failed look is no proof that things got better either.
            level = told;
        }
        Notice.Kind kind = kind(level, rules, now);
        if (kind == null) {
            return null;
        }
        Notice notice = new Notice(kind, told, level, report, now);
        told = level;
        toldAt = now;
        return notice;
    }

    private Notice.@Nullable Kind kind(Level level, Notices rules, Instant now) {
        int change = level.compareTo(told);
        if (change > 0) {
            return Notice.Kind.RAISED;
        }
        if (change < 0) {
            return level == Level.OK ? Notice.Kind.RECOVERED : Notice.Kind.LOWERED;
        }
        boolean due = toldAt != null && !rules.repeat().isZero() && !now.isBefore(toldAt.plus(rules.repeat()));
        return level != Level.OK && due ? Notice.Kind.REMINDER : null;
    }
}
