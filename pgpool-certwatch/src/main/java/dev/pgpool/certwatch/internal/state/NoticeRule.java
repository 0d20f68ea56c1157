package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.config.CertWatchConfig.Notices;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.report.CertReport;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides about notices of one target: one for each change of level, one for each repeat interval, one for the recovery.
 * Besides, each kind of finding is told when it gets worse, so that an end of validity never hides behind something else that
 * has been wrong for long. Faults that may pass count only when they last; dates and trust count at once. Confined to the timeline.
 */
public final class NoticeRule {

    private Level told = Level.OK;
    private @Nullable Instant toldAt;
    private final Map<FindingCode.Group, Level> toldOfGroup = new EnumMap<>(FindingCode.Group.class);
    private int failuresInARow;

    /** The notice that a report calls for; absent if none. */
    @Nullable
    public Notice onReport(CertReport report, Notices rules, Instant now) {
        boolean failed = report.findings().stream()
                .anyMatch(finding -> finding.severity() != Severity.INFO && FindingLevels.mayPass(finding));
        failuresInARow = failed ? failuresInARow + 1 : 0;
        boolean lasting = failuresInARow >= rules.failuresBeforeNotice();
        Level level = FindingLevels.level(report.findings(), finding -> lasting || !FindingLevels.mayPass(finding));
        if (failed && !lasting && level.compareTo(told) < 0) {
            // One failed probe is no proof that things got better either.
            level = told;
        }
        Map<FindingCode.Group, Level> groups = groups(report, lasting);
        boolean worse = rises(groups);
        Notice.Kind change = kind(level, rules, now);
        Notice.Kind kind = worse && (change == null || change == Notice.Kind.REMINDER) ? Notice.Kind.RAISED : change;
        if (kind == null) {
            return null;
        }
        groups.forEach((group, own) -> toldOfGroup.merge(group, own, NoticeRule::worst));
        Notice notice = new Notice(kind, told, level, report, now);
        // An earlier end is an event: told once, and no reason to remind or to tell of a recovery.
        told = level;
        if (report.has(FindingCode.DOWNGRADED_EXPIRY)) {
            told = FindingLevels.level(
                    report.findings(), finding -> stays(finding) && (lasting || !FindingLevels.mayPass(finding)));
            toldOfGroup.put(
                    FindingCode.Group.FLEET,
                    FindingLevels.level(
                            report.findings(),
                            finding -> finding.code().group() == FindingCode.Group.FLEET && stays(finding)));
        }
        toldAt = now;
        return notice;
    }

    private static boolean stays(Finding finding) {
        return finding.code() != FindingCode.DOWNGRADED_EXPIRY;
    }

    private static Map<FindingCode.Group, Level> groups(CertReport report, boolean lasting) {
        Map<FindingCode.Group, Level> groups = new EnumMap<>(FindingCode.Group.class);
        for (FindingCode.Group group : FindingCode.Group.values()) {
            groups.put(
                    group,
                    FindingLevels.level(
                            report.findings(),
                            finding ->
                                    finding.code().group() == group && (lasting || !FindingLevels.mayPass(finding))));
        }
        return groups;
    }

    /** Whether any group is worse than told; what only got better is forgotten where it cannot flap. */
    private boolean rises(Map<FindingCode.Group, Level> groups) {
        if (told == Level.OK) {
            toldOfGroup.clear();
        }
        // Time moves dates one way: better means renewed, and the next end must be told anew.
        toldOfGroup.computeIfPresent(
                FindingCode.Group.VALIDITY, (group, before) -> best(before, groups.getOrDefault(group, Level.OK)));
        return groups.entrySet().stream()
                .anyMatch(group -> group.getValue().compareTo(toldOfGroup.getOrDefault(group.getKey(), Level.OK)) > 0);
    }

    private static Level worst(Level one, Level other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Level best(Level one, Level other) {
        return one.compareTo(other) < 0 ? one : other;
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
