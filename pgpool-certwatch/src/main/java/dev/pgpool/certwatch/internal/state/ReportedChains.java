package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.judge.VerifiedPath;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.CertChain;
import dev.pgpool.certwatch.report.CertChain.Entry;
import dev.pgpool.certwatch.report.CertChain.Role;
import dev.pgpool.certwatch.report.CertificateFacts;
import java.util.ArrayList;
import java.util.List;

/** The chains of a report. */
final class ReportedChains {

    private ReportedChains() {}

    static List<CertChain> of(List<Inspection> inspections) {
        List<CertChain> chains = new ArrayList<>(inspections.size());
        for (Inspection inspection : inspections) {
            chains.add(of(inspection));
        }
        return chains;
    }

    private static CertChain of(Inspection inspection) {
        List<CertificateFacts> served = inspection.served();
        List<Entry> entries = new ArrayList<>(served.size() + 1);
        boolean bundle = inspection.kind() == Kind.BUNDLE || inspection.kind() == Kind.TRUST_STORE;
        for (int i = 0; i < served.size(); i++) {
            CertificateFacts certificate = served.get(i);
            entries.add(new Entry(
                    certificate,
                    bundle ? Role.SINGLE : role(inspection, certificate, i),
                    i == 0 && !bundle ? inspection.staple() : null,
                    inspection.lists().get(certificate.sha256())));
        }
        VerifiedPath longest = null;
        for (VerifiedPath path : inspection.paths()) {
            longest = longest == null || path.until().isAfter(longest.until()) ? path : longest;
        }
        if (longest != null && !bundle && !served.contains(longest.anchor())) {
            entries.add(new Entry(longest.anchor(), Role.ANCHOR, null, null));
        }
        return new CertChain(inspection.where(), entries);
    }

    private static Role role(Inspection inspection, CertificateFacts certificate, int position) {
        if (position == 0) {
            return Role.LEAF;
        }
        if (!inspection.linked().contains(certificate)) {
            return Role.EXTRA;
        }
        return certificate.selfIssued() ? Role.ROOT : Role.INTERMEDIATE;
    }
}
