package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.finding.FindingCode.CHAIN_INVALID;
import static dev.pgpool.certwatch.finding.FindingCode.CN_ONLY;
import static dev.pgpool.certwatch.finding.FindingCode.HOSTNAME_MISMATCH;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.Severity;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.internal.text.PeerText;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Protocol;
import dev.pgpool.certwatch.trust.Verification;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes inspections, or keeps the former one if nothing changed. Thread-safe. */
public final class ChainInspector {

    private static final int MAX_NAME = 255;

    private final CertificateFactsCache facts;
    private final ChainAnalyzer shapes;

    /** Keeps what is read of certificates, and not themselves. */
    public ChainInspector() {
        this(false);
    }

    /** Keeps the encoded certificates or only what is read of them. */
    public ChainInspector(boolean keepEncoded) {
        this.facts = new CertificateFactsCache(keepEncoded);
        this.shapes = new ChainAnalyzer(facts);
    }

    /**
     * Inspects a chain.
     *
     * @param anchors absent if there are none to compare with
     * @param former inspections of the target's last probe; one that still holds is returned
     * @throws UnreadableChainException if the leaf cannot be read at all
     */
    public Inspection inspect(
            CertTarget target, ServedChain chain, @Nullable TrustAnchors anchors, List<Inspection> former) {
        for (Inspection before : former) {
            if (before.holdsFor(chain, anchors)) {
                return before;
            }
        }
        List<Finding> findings = new ArrayList<>();
        ServedChain readable = chain.readable((place, reason) -> findings.add(
                Finding.of(CHAIN_INVALID, chain.where() + ": certificate " + place + " cannot be read: " + reason)));
        boolean leafLost = readable.certificates().isEmpty()
                || !readable.sha256().get(0).equals(chain.sha256().get(0));
        boolean ordered = chain.kind() != Kind.BUNDLE && chain.kind() != Kind.TRUST_STORE;
        if (readable.certificates().isEmpty() || (leafLost && ordered)) {
            throw new UnreadableChainException(findings.get(0));
        }
        ChainAnalysis shape = shapes.of(readable, anchors);
        if (target instanceof Endpoint endpoint) {
            boolean trustMatters = endpoint.verification() != Verification.NONE;
            name(endpoint, readable.certificates().get(0), findings);
            add(findings, shape.distrust(), trustMatters);
            add(findings, shape.platformObjection(), trustMatters);
        }
        findings.addAll(shape.hygiene());
        return new Inspection(
                chain.where(),
                chain.kind(),
                shape.served(),
                shape.linked(),
                shape.paths(),
                findings,
                anchors,
                OcspStaples.read(chain.staple()),
                Map.of());
    }

    /** Facts of one certificate. */
    public CertificateFacts facts(X509Certificate certificate) {
        return facts.of(certificate);
    }

    private static void add(List<Finding> findings, @Nullable Finding finding, boolean matters) {
        if (finding != null) {
            findings.add(byPolicy(finding, matters));
        }
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
                            "the certificate is for " + names(leaf) + " (expected: "
                                    + ServerNames.withType(endpoint.serverName()) + ")"),
                    endpoint.verification() == Verification.FULL));
        }
    }

    /** A few names only: there are certificates with a thousand. */
    private static String names(X509Certificate leaf) {
        List<String> names = new ArrayList<>();
        for (List<?> name : CertificateFactsCache.alternativeNames(leaf)) {
            names.add(PeerText.shortened(ServerNames.withType(name), MAX_NAME));
        }
        if (names.isEmpty()) {
            return "\"" + PeerText.shortened(leaf.getSubjectX500Principal().getName(), MAX_NAME)
                    + "\", without alternative names";
        }
        return names.size() <= 5
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, 5)) + " and " + (names.size() - 5) + " more";
    }

    private static Finding byPolicy(Finding finding, boolean matters) {
        return matters ? finding : finding.withSeverity(Severity.INFO);
    }
}
