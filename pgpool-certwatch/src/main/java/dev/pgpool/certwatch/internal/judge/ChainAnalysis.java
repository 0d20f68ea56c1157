package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.report.CertificateFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a chain is to all clients that trust the same anchors, whatever the target is called and what its policy says: the
 * expensive part of an inspection, shared by all targets that serve the same chain.
 *
 * @param served as served, leaf first
 * @param linked those of the served that the leaf's signatures lead to, leaf first
 * @param paths all ways to the anchors
 * @param hygiene findings about strength, order, usage and lifetime
 * @param distrust why there is no path, as an endpoint's finding; absent if there is one, or nothing to compare with
 * @param platformObjection what Java's own trust manager has against a chain that has a path; absent if nothing
 */
record ChainAnalysis(
        List<CertificateFacts> served,
        List<CertificateFacts> linked,
        List<VerifiedPath> paths,
        List<Finding> hygiene,
        @Nullable Finding distrust,
        @Nullable Finding platformObjection) {

    ChainAnalysis {
        served = List.copyOf(served);
        linked = List.copyOf(linked);
        paths = List.copyOf(paths);
        hygiene = List.copyOf(hygiene);
    }
}
