package dev.pgpool.certwatch.internal.state;

import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import java.util.List;

/** Targets of which several kinds of certificates are asked for, such as RSA and ECDSA: only like is compared with like. */
public final class KeyKinds {

    private KeyKinds() {}

    public static boolean several(CertTarget target) {
        return target instanceof Endpoint endpoint
                && endpoint.connect().offer().keys().size() > 1;
    }

    /** Those to compare with the expected leaf. */
    public static List<Inspection> like(CertTarget target, List<Inspection> inspections, CertificateFacts expected) {
        if (!several(target)) {
            return inspections;
        }
        return inspections.stream()
                .filter(inspection -> inspection.leaf().keyAlgorithm().equals(expected.keyAlgorithm()))
                .toList();
    }
}
