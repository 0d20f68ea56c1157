package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.probe.Fingerprints;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.internal.tls.EncodedStaple;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether certificates are revoked: by the stapled OCSP response, which Java parses and checks without any network access,
 * and by lists if the policy says so. What cannot be determined is information, never an alarm. May block when lists are
 * fetched.
 */
public final class Revocation {

    private final RevocationPolicy policy;
    private final CrlStore lists;

    /** Follows the policy. */
    public Revocation(RevocationPolicy policy) {
        this.policy = policy;
        this.lists = new CrlStore(policy);
    }

    /** Whether a check may block. */
    public boolean blocks() {
        return policy.fetchCrls();
    }

    /** Whether there is anything to check about a chain. */
    public boolean concerns(ServedChain chain) {
        return chain.kind() == Kind.SERVED && (chain.staple() != null || policy.fetchCrls());
    }

    /**
     * What a check brought.
     *
     * @param findings to be reported
     * @param lists the dates of the lists that cover certificates, by the certificates' fingerprints
     */
    public record Checked(List<Finding> findings, Map<String, CrlDates> lists) {}

    /** Checks a chain at an instant. */
    public Checked check(ServedChain chain, @Nullable TrustAnchors anchors, Instant now) {
        List<Finding> findings = new ArrayList<>();
        Map<String, CrlDates> dates = new HashMap<>();
        List<X509Certificate> linked =
                ChainLinks.linked(chain.readable((place, reason) -> {}).certificates(), new SignatureChecks());
        for (int i = 0; i < linked.size(); i++) {
            X509Certificate certificate = linked.get(i);
            X509Certificate issuer = i + 1 < linked.size() ? linked.get(i + 1) : anchor(certificate, anchors);
            if (issuer == null || issuer.equals(certificate)) {
                break;
            }
            EncodedStaple staple = chain.staple();
            if (i == 0 && staple != null) {
                add(findings, stapled(certificate, issuer, staple, now));
            } else if (policy.fetchCrls()) {
                CrlStore.Result result = lists.check(certificate, issuer, now);
                add(findings, result.finding());
                if (result.dates() != null) {
                    dates.put(Fingerprints.sha256(certificate), result.dates());
                }
            }
        }
        return new Checked(findings, dates);
    }

    private static void add(List<Finding> findings, @Nullable Finding finding) {
        if (finding != null) {
            findings.add(finding);
        }
    }

    private static @Nullable X509Certificate anchor(X509Certificate certificate, @Nullable TrustAnchors anchors) {
        if (anchors == null) {
            return null;
        }
        for (X509Certificate anchor : anchors.withSubject(certificate.getIssuerX500Principal())) {
            if (Signatures.verifies(certificate, anchor)) {
                return anchor;
            }
        }
        return null;
    }

    /** With the response given and both options set, Java's checker has no reason to go to the network. */
    private static @Nullable Finding stapled(
            X509Certificate leaf, X509Certificate issuer, EncodedStaple staple, Instant now) {
        try {
            CertPathValidator validator = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            checker.setOptions(Set.of(Option.ONLY_END_ENTITY, Option.NO_FALLBACK));
            checker.setOcspResponses(Map.of(leaf, staple.encoded()));
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(issuer, null)));
            parameters.setDate(Date.from(now));
            parameters.addCertPathChecker(checker);
            CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
            validator.validate(path, parameters);
            return null;
        } catch (CertPathValidatorException e) {
            if (e.getReason() == BasicReason.REVOKED) {
                return Finding.of(FindingCode.REVOKED, "the stapled response says: " + e.getMessage());
            }
            if (OcspStaples.saysRevoked(staple, leaf.getSerialNumber())) {
                return revoked(e);
            }
            boolean aboutDates = e.getReason() == BasicReason.EXPIRED || e.getReason() == BasicReason.NOT_YET_VALID;
            return aboutDates ? null : unknown(leaf, e);
        } catch (GeneralSecurityException | RuntimeException e) {
            // The response comes from the peer: whatever it makes a parser throw is an answer that tells nothing.
            return OcspStaples.saysRevoked(staple, leaf.getSerialNumber()) ? revoked(e) : unknown(leaf, e);
        }
    }

    /** A server that says of its own certificate that it is revoked is believed, like all that makes an alarm come earlier. */
    private static Finding revoked(Exception unchecked) {
        return Finding.of(
                FindingCode.REVOKED,
                "the stapled response says so, and could not be checked: " + unchecked.getMessage());
    }

    /** Clients refuse a certificate that demands a staple if the one sent is of no use. */
    private static Finding unknown(X509Certificate leaf, Exception e) {
        return Hygiene.mustStaple(leaf)
                ? Finding.of(
                        FindingCode.MUST_STAPLE_MISSING,
                        "the certificate demands a stapled OCSP response, and the one sent cannot be relied on: "
                                + e.getMessage())
                : Finding.of(
                        FindingCode.REVOCATION_UNKNOWN, "the stapled response cannot be relied on: " + e.getMessage());
    }
}
