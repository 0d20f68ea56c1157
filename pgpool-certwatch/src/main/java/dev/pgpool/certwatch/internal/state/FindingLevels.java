package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Severity;
import java.util.Collection;
import java.util.function.Predicate;

/** What findings amount to: a level, a failure, or a fault that may pass. All methods are functions of their arguments. */
final class FindingLevels {

    private FindingLevels() {}

    /** The level that the findings that count amount to. */
    static Level level(Collection<Finding> findings, Predicate<Finding> counts) {
        Level level = Level.OK;
        for (Finding finding : findings) {
            if (counts.test(finding)) {
                Level own = of(finding);
                level = own.compareTo(level) > 0 ? own : level;
            }
        }
        return level;
    }

    private static Level of(Finding finding) {
        if (finding.code() == FindingCode.EXPIRED && finding.severity() == Severity.CRITICAL) {
            return Level.EXPIRED;
        }
        return switch (finding.severity()) {
            case INFO -> Level.OK;
            case WARNING -> Level.WARNING;
            case CRITICAL -> Level.CRITICAL;
        };
    }

    /** Thresholds are not among the reasons: a warning is not an outage. */
    static boolean fails(Finding finding) {
        return finding.severity() == Severity.CRITICAL
                && switch (finding.code()) {
                    case EXPIRING_CRITICAL,
                            INTERMEDIATE_EXPIRING,
                            ANCHOR_EXPIRING,
                            CLIENT_CERT_EXPIRING,
                            CLIENT_CERT_EXPIRED -> false;
                    default -> true;
                };
    }

    /** Whether a finding is about reaching the target, and so may be a passing fault. */
    static boolean mayPass(Finding finding) {
        return finding.code().group() == FindingCode.Group.REACHABILITY
                || finding.code().group() == FindingCode.Group.FILE
                || finding.code() == FindingCode.TRUST_UNAVAILABLE;
    }
}
