package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.config.CertWatchConfig.Judging;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Mute;
import dev.pgpool.certwatch.target.CertTarget;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Takes out the findings that the user has said to be known and accepted. */
final class MutedFindings {

    private MutedFindings() {}

    /** Removes the muted findings from a list and gives them. */
    static List<Finding> takeOut(List<Finding> findings, CertTarget target, Judging judging, Instant now) {
        List<Mute> own = target.policy().mutes();
        if (findings.isEmpty() || (own.isEmpty() && judging.mutes().isEmpty())) {
            return List.of();
        }
        Set<FindingCode> codes = EnumSet.noneOf(FindingCode.class);
        add(own, now, codes);
        add(judging.mutes(), now, codes);
        List<Finding> muted = findings.stream()
                .filter(finding -> codes.contains(finding.code()))
                .toList();
        findings.removeAll(muted);
        return muted;
    }

    private static void add(List<Mute> mutes, Instant now, Set<FindingCode> codes) {
        for (Mute mute : mutes) {
            if (mute.holdsAt(now)) {
                codes.add(mute.code());
            }
        }
    }
}
