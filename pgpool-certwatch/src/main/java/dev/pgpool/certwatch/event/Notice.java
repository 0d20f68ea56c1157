package dev.pgpool.certwatch.event;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.report.CertReport;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Something a person should hear about: one for each change of level and for each kind of finding that gets worse, one for
 * each repeat interval while it stays bad, one for the recovery.
 *
 * @param kind why it is sent
 * @param from level at the last notice, {@link Level#OK} if there was none
 * @param to level now
 * @param report the report it comes from
 * @param at when it was decided
 */
public record Notice(Kind kind, Level from, Level to, CertReport report, Instant at) {

    /** Why a notice is sent. */
    public enum Kind {
        /** The target got worse, or something else about it did while its level was as bad already. */
        RAISED,
        /** The target got better but is not well. */
        LOWERED,
        /** The target is as bad as before and the repeat interval is over. */
        REMINDER,
        /** The target is well again. */
        RECOVERED
    }

    public Notice {
        requireNonNull(kind, "kind");
        requireNonNull(from, "from");
        requireNonNull(to, "to");
        requireNonNull(report, "report");
        requireNonNull(at, "at");
    }

    /** One line for a person: level, target with its labels, and the worst finding of each kind. What peers sent is escaped. */
    public String text() {
        String head = kind == Kind.RECOVERED ? "RECOVERED" : to.name();
        String why = kind == Kind.RECOVERED || report.findings().isEmpty()
                ? (report.expiry().effective() == null
                        ? ""
                        : ": expires " + report.expiry().effective())
                : ": " + worstOfEachKind();
        return head + " " + PeerText.escape(report.target().name() + labels()) + why;
    }

    private String labels() {
        Map<String, String> labels = report.target().labels();
        return labels.isEmpty()
                ? ""
                : labels.entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(" ", " [", "]"));
    }

    private String worstOfEachKind() {
        Map<FindingCode.Group, Finding> worst = new LinkedHashMap<>();
        for (Finding finding : report.findings()) {
            if (worst.isEmpty() || finding.severity() != Severity.INFO) {
                worst.putIfAbsent(finding.code().group(), finding);
            }
        }
        return worst.values().stream().map(Finding::message).collect(Collectors.joining("; "));
    }
}
