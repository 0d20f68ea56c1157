package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.finding.FindingCode.CHAIN_INVALID;
import static dev.pgpool.certwatch.finding.FindingCode.INCOMPLETE_CHAIN;
import static dev.pgpool.certwatch.finding.FindingCode.PLATFORM_REFUSES;
import static dev.pgpool.certwatch.finding.FindingCode.SELF_SIGNED;
import static dev.pgpool.certwatch.finding.FindingCode.UNTRUSTED_ROOT;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes shapes, and keeps those used last: many names are often served by one certificate. A shape depends on the
 * certificates, the anchors, the kind of the chain and whether a staple came with it, and on nothing else. Thread-safe.
 */
final class ChainAnalyzer {

    private static final int MAX_KEPT = 1024;

    private final CertificateFactsCache facts;
    private final Map<Key, ChainAnalysis> kept = new LruMap<>(MAX_KEPT);

    /** Anchors are compared by identity: the trust cache gives the same object for as long as they are the same. */
    private record Key(
            List<String> sha256,
            Kind kind,
            boolean stapled,
            @Nullable TrustAnchors anchors) {}

    ChainAnalyzer(CertificateFactsCache facts) {
        this.facts = facts;
    }

    /**
     * The shape of a chain.
     *
     * @param anchors absent if there are none to compare with
     */
    ChainAnalysis of(ServedChain chain, @Nullable TrustAnchors anchors) {
        Key key = new Key(chain.sha256(), chain.kind(), chain.staple() != null, anchors);
        synchronized (kept) {
            ChainAnalysis known = kept.get(key);
            if (known != null) {
                return known;
            }
        }
        ChainAnalysis shape = make(chain, anchors);
        synchronized (kept) {
            kept.put(key, shape);
        }
        return shape;
    }

    private ChainAnalysis make(ServedChain chain, @Nullable TrustAnchors anchors) {
        List<X509Certificate> certificates = chain.certificates();
        boolean aChain = chain.kind() != Kind.BUNDLE && chain.kind() != Kind.TRUST_STORE;
        SignatureChecks checks = new SignatureChecks();
        // Paths before links, as they matter more if the bound of checks is reached.
        PathFinder finder = anchors == null || !aChain ? null : new PathFinder(certificates, anchors, checks);
        List<List<X509Certificate>> paths = finder == null ? List.of() : finder.find();
        List<X509Certificate> linked = aChain ? ChainLinks.linked(certificates, checks) : certificates;
        List<Finding> hygiene = new ArrayList<>();
        Hygiene.check(chain, linked, paths, anchors, hygiene);
        List<VerifiedPath> verified = new ArrayList<>();
        for (List<X509Certificate> path : paths) {
            verified.add(new VerifiedPath(facts.of(path)));
        }
        return new ChainAnalysis(
                facts.of(chain),
                facts.of(linked),
                verified,
                hygiene,
                finder != null && paths.isEmpty() ? distrust(linked, finder, checks) : null,
                anchors != null && !paths.isEmpty() ? objection(certificates, anchors) : null);
    }

    private static @Nullable Finding objection(List<X509Certificate> certificates, TrustAnchors anchors) {
        String objection = anchors.platformObjection(certificates);
        return objection == null
                ? null
                : Finding.of(PLATFORM_REFUSES, "Java's own trust manager refuses the chain: " + objection);
    }

    private static Finding distrust(List<X509Certificate> linked, PathFinder finder, SignatureChecks checks) {
        String objection = finder.objection();
        String unusable = finder.unusable();
        if (unusable != null) {
            // What cannot be determined is no alarm: clients that know the curve may be content.
            return Finding.of(CHAIN_INVALID, unusable).withSeverity(Severity.WARNING);
        }
        X509Certificate leaf = linked.get(0);
        X509Certificate top = linked.get(linked.size() - 1);
        boolean selfIssued = top.getSubjectX500Principal().equals(top.getIssuerX500Principal());
        if (objection != null) {
            return Finding.of(CHAIN_INVALID, objection);
        }
        if (linked.size() == 1 && selfIssued && checks.verifies(leaf, leaf)) {
            return Finding.of(SELF_SIGNED, "the certificate is self-signed and not in the trust store");
        }
        if (selfIssued) {
            return Finding.of(
                    UNTRUSTED_ROOT,
                    "the root \"" + top.getSubjectX500Principal().getName() + "\" is not in the trust store");
        }
        return Finding.of(
                INCOMPLETE_CHAIN,
                "the issuer \"" + top.getIssuerX500Principal().getName()
                        + "\" is neither served nor in the trust store: an intermediate is missing, or a root is not"
                        + " trusted");
    }
}
