package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.text.TimeLeft;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.Expiry;
import dev.pgpool.certwatch.target.Thresholds;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Judges dates. All methods are functions of their arguments. */
public final class Judge {

    private Judge() {}

    /**
     * Judges an inspection.
     *
     * @param now the instant, of which only whole seconds count: a certificate is valid through the second of its end
     */
    public static Verdict verdict(Inspection inspection, Thresholds thresholds, Instant now) {
        Instant second = now.truncatedTo(ChronoUnit.SECONDS);
        return switch (inspection.kind()) {
            case BUNDLE -> bundle(inspection, thresholds, second);
            case TRUST_STORE -> trustStore(inspection, thresholds, second);
            case SERVED, PLAINTEXT, FILE -> chain(inspection, thresholds, second);
        };
    }

    private static Verdict chain(Inspection inspection, Thresholds thresholds, Instant second) {
        CertificateFacts leaf = inspection.leaf();
        CertificateFacts servedFirst = VerifiedPath.weakest(inspection.served());
        VerifiedPath best = best(inspection.paths(), second);
        List<CertificateFacts> depended = best == null ? inspection.linked() : best.certificates();
        CertificateFacts responsible = VerifiedPath.weakest(depended);
        Instant effective = responsible.notAfter();

        List<Finding> findings = new ArrayList<>(inspection.findings());
        for (int i = 0; i < depended.size(); i++) {
            boolean anchor = best != null && i > 0 && i == depended.size() - 1;
            dates(depended.get(i), role(depended.get(i), i, anchor), i == 0, anchor, thresholds, second, findings);
        }
        for (CertificateFacts extra : inspection.served()) {
            if (!depended.contains(extra) && extra.notAfter().isBefore(effective)) {
                findings.add(Finding.of(
                        FindingCode.SUPERFLUOUS_EXPIRED,
                        "\"" + extra.displayName() + "\" is sent, ends " + extra.notAfter()
                                + " and is not needed by any client that trusts what we trust"));
            }
        }
        Expiry expiry = new Expiry(
                effective,
                leaf.notAfter(),
                servedFirst.notAfter(),
                best == null ? null : best.until(),
                best == null ? null : best.untilIgnoringAnchor(),
                best == null ? null : best.anchor().notAfter(),
                leaf.notBefore(),
                responsible,
                inspection.staple());
        return new Verdict(expiry, findings, inspection.served());
    }

    /** The path that holds longest among those valid now, else among all. */
    private static @Nullable VerifiedPath best(List<VerifiedPath> paths, Instant second) {
        Comparator<VerifiedPath> longest = Comparator.comparing(VerifiedPath::until);
        return paths.stream()
                .filter(path -> path.validAt(second))
                .max(longest)
                .or(() -> paths.stream().max(longest))
                .orElse(null);
    }

    private static String role(CertificateFacts certificate, int position, boolean anchor) {
        String name = " \"" + certificate.displayName() + "\"";
        return (position == 0 ? "leaf" : anchor ? "trust anchor" : "intermediate " + position) + name;
    }

    private static void dates(
            CertificateFacts certificate,
            String role,
            boolean leaf,
            boolean anchor,
            Thresholds thresholds,
            Instant second,
            List<Finding> findings) {
        if (second.isBefore(certificate.notBefore())) {
            findings.add(
                    Finding.of(FindingCode.NOT_YET_VALID, role + " is not valid before " + certificate.notBefore()));
        }
        if (second.isAfter(certificate.notAfter())) {
            findings.add(Finding.of(FindingCode.EXPIRED, role + " expired " + certificate.notAfter()));
            return;
        }
        FindingCode level = level(certificate, thresholds, second);
        if (level == null) {
            return;
        }
        String message =
                role + " expires " + certificate.notAfter() + ", in " + TimeLeft.text(certificate.remaining(second));
        if (leaf) {
            findings.add(Finding.of(level, message));
        } else if (anchor) {
            findings.add(Finding.of(FindingCode.ANCHOR_EXPIRING, message));
        } else {
            findings.add(new Finding(FindingCode.INTERMEDIATE_EXPIRING, level.severity(), message));
        }
    }

    /** The threshold that a certificate not yet expired is below; absent if none. */
    private static @Nullable FindingCode level(CertificateFacts certificate, Thresholds thresholds, Instant second) {
        var remaining = certificate.remaining(second);
        if (remaining.compareTo(thresholds.criticalFor(certificate.lifetime())) < 0) {
            return FindingCode.EXPIRING_CRITICAL;
        }
        return remaining.compareTo(thresholds.warningFor(certificate.lifetime())) < 0
                ? FindingCode.EXPIRING_WARNING
                : null;
    }

    private static Verdict bundle(Inspection inspection, Thresholds thresholds, Instant second) {
        List<Finding> findings = new ArrayList<>(inspection.findings());
        int position = 0;
        for (CertificateFacts certificate : inspection.served()) {
            String role = "certificate " + ++position + " \"" + certificate.displayName() + "\"";
            dates(certificate, role, true, false, thresholds, second, findings);
        }
        CertificateFacts first = VerifiedPath.weakest(inspection.served());
        return alone(inspection, first, findings);
    }

    private static Verdict trustStore(Inspection inspection, Thresholds thresholds, Instant second) {
        List<Finding> findings = new ArrayList<>(inspection.findings());
        CertificateFacts next = null;
        int expired = 0;
        for (CertificateFacts anchor : inspection.served()) {
            if (second.isAfter(anchor.notAfter())) {
                expired++;
                continue;
            }
            if (next == null || anchor.notAfter().isBefore(next.notAfter())) {
                next = anchor;
            }
            if (level(anchor, thresholds, second) != null) {
                findings.add(Finding.of(
                        FindingCode.ANCHOR_EXPIRING,
                        "trust anchor \"" + anchor.displayName() + "\" expires " + anchor.notAfter()));
            }
        }
        if (next == null) {
            findings.add(Finding.of(FindingCode.EXPIRED, "every anchor of the trust store has expired"));
        } else if (expired > 0) {
            findings.add(
                    Finding.of(FindingCode.SUPERFLUOUS_EXPIRED, expired + " anchors of the trust store have expired"));
        }
        CertificateFacts shown = next == null ? VerifiedPath.weakest(inspection.served()) : next;
        return alone(inspection, shown, findings);
    }

    private static Verdict alone(Inspection inspection, CertificateFacts first, List<Finding> findings) {
        Instant served = VerifiedPath.weakest(inspection.served()).notAfter();
        return new Verdict(
                new Expiry(first.notAfter(), null, served, null, null, null, first.notBefore(), first, null),
                findings,
                inspection.served());
    }
}
