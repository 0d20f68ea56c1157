package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.report.OcspStaple;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All about a chain that does not depend on time. Kept between probes instead of the certificates.
 *
 * @param where address or alias it came from
 * @param kind what holds the certificates together
 * @param served as served, leaf first
 * @param linked those of the served that the leaf's signatures lead to, leaf first
 * @param paths all ways to the anchors
 * @param findings that do not depend on time
 * @param anchors what it was compared with; absent if nothing
 * @param staple what a staple that came with it says of itself; absent if none came
 * @param lists the dates of the revocation lists that cover certificates, by fingerprint; of the last probe
 */
public record Inspection(
        String where,
        Kind kind,
        List<CertificateFacts> served,
        List<CertificateFacts> linked,
        List<VerifiedPath> paths,
        List<Finding> findings,
        @Nullable TrustAnchors anchors,
        @Nullable OcspStaple staple,
        Map<String, CrlDates> lists) {

    public Inspection {
        served = List.copyOf(served);
        linked = List.copyOf(linked);
        paths = List.copyOf(paths);
        findings = List.copyOf(findings);
        lists = Map.copyOf(lists);
    }

    /** The same with other dates of revocation lists. */
    public Inspection withLists(Map<String, CrlDates> dates) {
        return lists.equals(dates)
                ? this
                : new Inspection(where, kind, served, linked, paths, findings, anchors, staple, dates);
    }

    /** Whether another probe of the same place, with the same trust, would say the same. */
    boolean holdsFor(ServedChain chain, @Nullable TrustAnchors others) {
        if (!where.equals(chain.where())
                || kind != chain.kind()
                || anchors != others
                || !Objects.equals(staple, OcspStaples.read(chain.staple()))
                || served.size() != chain.sha256().size()) {
            return false;
        }
        for (int i = 0; i < served.size(); i++) {
            if (!served.get(i).sha256().equals(chain.sha256().get(i))) {
                return false;
            }
        }
        return true;
    }

    /** The leaf. */
    public CertificateFacts leaf() {
        return served.get(0);
    }
}
