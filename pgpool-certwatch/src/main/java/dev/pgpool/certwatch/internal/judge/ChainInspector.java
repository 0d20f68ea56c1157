package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.FindingCode.CHAIN_INVALID;
import static dev.pgpool.certwatch.FindingCode.CN_ONLY;
import static dev.pgpool.certwatch.FindingCode.HOSTNAME_MISMATCH;
import static dev.pgpool.certwatch.FindingCode.INCOMPLETE_CHAIN;
import static dev.pgpool.certwatch.FindingCode.PLATFORM_REFUSES;
import static dev.pgpool.certwatch.FindingCode.SELF_SIGNED;
import static dev.pgpool.certwatch.FindingCode.UNTRUSTED_ROOT;

import dev.pgpool.certwatch.CertTarget;
import dev.pgpool.certwatch.CertificateFacts;
import dev.pgpool.certwatch.Endpoint;
import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.Protocol;
import dev.pgpool.certwatch.Severity;
import dev.pgpool.certwatch.Verification;
import dev.pgpool.certwatch.internal.probe.Fingerprints;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes inspections, or keeps the former one if nothing changed. Thread-safe. */
public final class ChainInspector {

    private final Facts facts = new Facts();

    /**
     * Inspects a chain.
     *
     * @param anchors absent if there are none to compare with
     * @param former inspection of the same place at the last look; returned if it still holds
     */
    public Inspection inspect(
            CertTarget target, ServedChain chain, @Nullable TrustAnchors anchors, @Nullable Inspection former) {
        boolean stapled = chain.staple() != null;
        if (former != null
                && former.kind() == chain.kind()
                && former.anchors() == anchors
                && former.stapled() == stapled
                && sameCertificates(former.served(), chain.certificates())) {
            return former;
        }
        List<X509Certificate> certificates = chain.certificates();
        boolean aChain = chain.kind() != Kind.BUNDLE && chain.kind() != Kind.TRUST_STORE;
        List<X509Certificate> linked = aChain ? Linking.linked(certificates) : certificates;
        PathFinder finder = anchors == null || !aChain ? null : new PathFinder(certificates, anchors);
        List<List<X509Certificate>> paths = finder == null ? List.of() : finder.find();
        List<Finding> findings = new ArrayList<>();
        if (target instanceof Endpoint endpoint) {
            name(endpoint, certificates.get(0), findings);
            if (paths.isEmpty() && finder != null) {
                trust(endpoint, linked, finder.objection(), findings);
            } else if (finder != null && anchors != null) {
                String objection = anchors.platformObjection(certificates);
                if (objection != null) {
                    findings.add(byPolicy(
                            Finding.of(PLATFORM_REFUSES, "Java's own trust manager refuses the chain: " + objection),
                            endpoint.verification() != Verification.NONE));
                }
            }
        }
        Hygiene.check(chain, linked, paths, anchors, findings);
        List<VerifiedPath> verified = new ArrayList<>();
        for (List<X509Certificate> path : paths) {
            verified.add(new VerifiedPath(facts.of(path)));
        }
        return new Inspection(
                chain.where(),
                chain.kind(),
                facts.of(certificates),
                facts.of(linked),
                verified,
                findings,
                anchors,
                stapled);
    }

    /** Facts of one certificate. */
    public CertificateFacts facts(X509Certificate certificate) {
        return facts.of(certificate);
    }

    private static boolean sameCertificates(List<CertificateFacts> known, List<X509Certificate> served) {
        if (known.size() != served.size()) {
            return false;
        }
        for (int i = 0; i < known.size(); i++) {
            if (!known.get(i).sha256().equals(Fingerprints.sha256(served.get(i)))) {
                return false;
            }
        }
        return true;
    }

    private static void name(Endpoint endpoint, X509Certificate leaf, List<Finding> findings) {
        boolean libpq = endpoint.protocol() == Protocol.POSTGRES || endpoint.protocol() == Protocol.POSTGRES_DIRECT;
        ServerNames.Match match = ServerNames.match(leaf, endpoint.serverName());
        if (match == ServerNames.Match.COMMON_NAME && libpq) {
            findings.add(Finding.of(
                    CN_ONLY, "only the common name is " + endpoint.serverName() + ": libpq takes it, browsers do not"));
        } else if (match != ServerNames.Match.YES) {
            findings.add(byPolicy(
                    Finding.of(
                            HOSTNAME_MISMATCH,
                            "the certificate is for " + names(leaf) + " (expected: " + endpoint.serverName() + ")"),
                    endpoint.verification() == Verification.FULL));
        }
    }

    /** A few names only: there are certificates with a thousand. */
    private static String names(X509Certificate leaf) {
        List<String> names = new ArrayList<>();
        for (List<?> name : Facts.alternativeNames(leaf)) {
            names.add(String.valueOf(name.get(1)));
        }
        if (names.isEmpty()) {
            return "\"" + leaf.getSubjectX500Principal().getName() + "\"";
        }
        return names.size() <= 5
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, 5)) + " and " + (names.size() - 5) + " more";
    }

    private static void trust(
            Endpoint endpoint, List<X509Certificate> linked, @Nullable String objection, List<Finding> findings) {
        X509Certificate leaf = linked.get(0);
        X509Certificate top = linked.get(linked.size() - 1);
        boolean matters = endpoint.verification() != Verification.NONE;
        Finding finding;
        if (objection != null) {
            finding = Finding.of(CHAIN_INVALID, objection);
        } else if (linked.size() == 1 && Signatures.selfSigned(leaf)) {
            finding = Finding.of(SELF_SIGNED, "the certificate is self-signed and not in the trust store");
        } else if (top.getSubjectX500Principal().equals(top.getIssuerX500Principal())) {
            finding = Finding.of(
                    UNTRUSTED_ROOT,
                    "the root \"" + top.getSubjectX500Principal().getName() + "\" is not in the trust store");
        } else {
            finding = Finding.of(
                    INCOMPLETE_CHAIN,
                    "the issuer \"" + top.getIssuerX500Principal().getName()
                            + "\" is neither served nor in the trust store: an intermediate is missing, or a root is"
                            + " not trusted");
        }
        findings.add(byPolicy(finding, matters));
    }

    private static Finding byPolicy(Finding finding, boolean matters) {
        return matters ? finding : finding.withSeverity(Severity.INFO);
    }
}
