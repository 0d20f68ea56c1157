package dev.pgpool.certwatch.internal.judge;

import static dev.pgpool.certwatch.finding.FindingCode.CHAIN_ORDER;
import static dev.pgpool.certwatch.finding.FindingCode.LIFETIME_TOO_LONG;
import static dev.pgpool.certwatch.finding.FindingCode.MUST_STAPLE_MISSING;
import static dev.pgpool.certwatch.finding.FindingCode.ODD_CERTIFICATE;
import static dev.pgpool.certwatch.finding.FindingCode.ROOT_SERVED;
import static dev.pgpool.certwatch.finding.FindingCode.WEAK_KEY;
import static dev.pgpool.certwatch.finding.FindingCode.WEAK_SIGNATURE;
import static dev.pgpool.certwatch.finding.FindingCode.WRONG_EKU;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.internal.x509.Der;
import dev.pgpool.certwatch.internal.x509.OddCertificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is wrong with a chain without breaking it: strength, order, usage, lifetime. */
final class Hygiene {

    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String ANY_USAGE = "2.5.29.37.0";
    private static final String TLS_FEATURE = "1.3.6.1.5.5.7.1.24";
    private static final int STATUS_REQUEST = 5;

    /** Longest lifetimes of public certificates by date of issue (CA/Browser Forum, ballot SC-081v3). */
    private enum LongestLifetime {
        DAYS_47("2029-03-15T00:00:00Z", 47),
        DAYS_100("2027-03-15T00:00:00Z", 100),
        DAYS_200("2026-03-15T00:00:00Z", 200),
        DAYS_398("2020-09-01T00:00:00Z", 398);

        private final Instant since;
        private final int days;

        LongestLifetime(String since, int days) {
            this.since = Instant.parse(since);
            this.days = days;
        }
    }

    private Hygiene() {}

    static void check(
            ServedChain chain,
            List<X509Certificate> linked,
            List<List<X509Certificate>> paths,
            @Nullable TrustAnchors anchors,
            List<Finding> findings) {
        for (X509Certificate certificate : chain.certificates()) {
            if (certificate instanceof OddCertificate odd) {
                findings.add(Finding.of(
                        ODD_CERTIFICATE,
                        "\"" + odd.getSubjectX500Principal().getName() + "\" is refused by Java: " + odd.refusal()));
            }
        }
        if (chain.kind() == Kind.BUNDLE || chain.kind() == Kind.TRUST_STORE) {
            return;
        }
        X509Certificate leaf = chain.certificates().get(0);
        if (chain.kind() != Kind.FILE) {
            usage(leaf, findings);
        }
        for (X509Certificate certificate : linked) {
            strength(certificate, findings);
        }
        order(chain.certificates(), linked, findings);
        if (chain.kind() == Kind.SERVED && chain.staple() == null && mustStaple(leaf)) {
            findings.add(Finding.of(
                    MUST_STAPLE_MISSING, "the certificate demands a stapled OCSP response and none was sent"));
        }
        if (anchors != null && anchors.publicAuthorities() && !paths.isEmpty()) {
            lifetime(leaf, findings);
        }
    }

    private static void usage(X509Certificate leaf, List<Finding> findings) {
        try {
            List<String> usages = leaf.getExtendedKeyUsage();
            if (usages != null && !usages.contains(SERVER_AUTH) && !usages.contains(ANY_USAGE)) {
                findings.add(Finding.of(
                        WRONG_EKU,
                        "the certificate is for " + usages + " (expected: serverAuth, " + SERVER_AUTH + ")"));
            }
        } catch (CertificateParsingException e) {
            findings.add(Finding.of(WRONG_EKU, "the extended key usage is garbled: " + e.getMessage()));
        }
    }

    private static void strength(X509Certificate certificate, List<Finding> findings) {
        String who = "\"" + certificate.getSubjectX500Principal().getName() + "\"";
        String algorithm = certificate.getPublicKey().getAlgorithm();
        int bits = CertificateFactsCache.bits(certificate.getPublicKey());
        if (Signatures.weakKey(algorithm, bits)) {
            findings.add(Finding.of(WEAK_KEY, who + " has a key of " + bits + " bits (" + algorithm + ")"));
        }
        boolean selfIssued = certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
        if (!selfIssued && Signatures.weakHash(certificate.getSigAlgName())) {
            findings.add(Finding.of(WEAK_SIGNATURE, who + " is signed with " + certificate.getSigAlgName()));
        }
    }

    private static void order(List<X509Certificate> served, List<X509Certificate> linked, List<Finding> findings) {
        if (linked.size() < served.size()) {
            findings.add(Finding.of(
                    CHAIN_ORDER,
                    (served.size() - linked.size()) + " of " + served.size()
                            + " certificates sent do not lead up from the leaf"));
        } else if (!linked.equals(served)) {
            findings.add(Finding.of(CHAIN_ORDER, "the certificates are not sent in issuing order"));
        }
        X509Certificate last = linked.get(linked.size() - 1);
        if (linked.size() > 1 && last.getSubjectX500Principal().equals(last.getIssuerX500Principal())) {
            findings.add(Finding.of(
                    ROOT_SERVED,
                    "the root \"" + last.getSubjectX500Principal().getName() + "\" is sent, which no client needs"));
        }
    }

    private static void lifetime(X509Certificate leaf, List<Finding> findings) {
        Instant issued = leaf.getNotBefore().toInstant();
        Duration lifetime = Duration.between(issued, leaf.getNotAfter().toInstant());
        for (LongestLifetime limit : LongestLifetime.values()) {
            if (!issued.isBefore(limit.since)) {
                if (lifetime.compareTo(Duration.ofDays(limit.days)) > 0) {
                    findings.add(Finding.of(
                            LIFETIME_TOO_LONG,
                            "valid for " + lifetime.toDays() + " days (expected at this date of issue: at most "
                                    + limit.days + ")"));
                }
                return;
            }
        }
    }

    /** The TLS feature extension holds a sequence of integers (RFC 7633). */
    static boolean mustStaple(X509Certificate leaf) {
        byte[] extension = leaf.getExtensionValue(TLS_FEATURE);
        if (extension == null) {
            return false;
        }
        for (Der feature : Der.of(extension).content().children()) {
            if (feature.tag() == Der.INTEGER && feature.length() == 1 && feature.firstByte() == STATUS_REQUEST) {
                return true;
            }
        }
        return false;
    }
}
