package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All about a chain that does not depend on time. Kept between looks instead of the certificates.
 *
 * @param where address or alias it came from
 * @param kind what holds the certificates together
 * @param served as served, leaf first
 * @param linked those of the served that the leaf's signatures lead to, leaf first
 * @param paths all ways to the anchors
 * @param findings that do not depend on time
 * @param anchors what it was compared with; absent if nothing
 * @param stapled whether a staple came with it
 */
public record Inspection(
        String where,
        Kind kind,
        List<CertificateFacts> served,
        List<CertificateFacts> linked,
        List<VerifiedPath> paths,
        List<Finding> findings,
        @Nullable TrustAnchors anchors,
        boolean stapled) {

    public Inspection {
        served = List.copyOf(served);
        linked = List.copyOf(linked);
        paths = List.copyOf(paths);
        findings = List.copyOf(findings);
    }

    /** The leaf. */
    public CertificateFacts leaf() {
        return served.get(0);
    }
}
