package dev.pgpool.certwatch.report;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.internal.text.PeerText;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a certificate: small, comparable, and without the certificate itself unless that is asked for. Characters without a shape of their own, such
 * as a newline in a subject, are escaped in all texts.
 *
 * @param subject distinguished name in RFC 2253 form; may be empty
 * @param issuer distinguished name in RFC 2253 form
 * @param serial serial number in lower-case hexadecimal with an even number of digits
 * @param sha256 fingerprint of the encoded certificate in lower-case hexadecimal
 * @param notBefore first second of validity
 * @param notAfter last second of validity
 * @param names names from the subject alternative name extension: DNS names and IP addresses
 * @param keyAlgorithm for example {@code RSA} or {@code EC}
 * @param keyBits size of the key in bits, 0 if unknown
 * @param signatureAlgorithm for example {@code SHA256withRSA}
 * @param encoded the certificate itself; absent unless {@link dev.pgpool.certwatch.CertWatchBuilder#keepCertificates} is on
 */
public record CertificateFacts(
        String subject,
        String issuer,
        String serial,
        String sha256,
        Instant notBefore,
        Instant notAfter,
        List<String> names,
        String keyAlgorithm,
        int keyBits,
        String signatureAlgorithm,
        @Nullable EncodedCertificate encoded) {

    public CertificateFacts {
        subject = PeerText.escape(requireNonNull(subject, "subject"));
        issuer = PeerText.escape(requireNonNull(issuer, "issuer"));
        requireNonNull(serial, "serial");
        requireNonNull(sha256, "sha256");
        requireNonNull(notBefore, "notBefore");
        requireNonNull(notAfter, "notAfter");
        names = names.stream().map(PeerText::escape).toList();
        keyAlgorithm = PeerText.escape(requireNonNull(keyAlgorithm, "keyAlgorithm"));
        signatureAlgorithm = PeerText.escape(requireNonNull(signatureAlgorithm, "signatureAlgorithm"));
    }

    /** Those of the names that are no IP addresses. */
    public List<String> dnsNames() {
        return names.stream()
                .filter(name -> !NetUtil.isValidIpV4Address(name) && !NetUtil.isValidIpV6Address(name))
                .toList();
    }

    /** Whole span of validity. */
    public Duration lifetime() {
        return Duration.between(notBefore, notAfter);
    }

    /** Time left at {@code now}; negative once expired. */
    public Duration remaining(Instant now) {
        return Duration.between(now, notAfter);
    }

    /**
     * When an automatic renewal is due: two thirds of the lifetime after its start, as cert-manager, certbot and their kin have
     * it unless told otherwise. A certificate seen after that is overdue.
     */
    public Instant renewalTime() {
        return notBefore.plus(lifetime().dividedBy(3).multipliedBy(2));
    }

    /** Share of the lifetime that has passed at {@code now}, below 0 before its start and above 1 once expired. */
    public double lifetimePassed(Instant now) {
        double whole = Math.max(1, lifetime().toSeconds());
        return Duration.between(notBefore, now).toSeconds() / whole;
    }

    /** Subject and issuer are the same name. */
    public boolean selfIssued() {
        return subject.equals(issuer);
    }

    /** The common name if the subject has one, else the first alternative name, else the serial number. */
    public String displayName() {
        for (String part : subject.split("(?<!\\\\),", -1)) {
            if (part.regionMatches(true, 0, "CN=", 0, 3)) {
                return part.substring(3);
            }
        }
        return names.isEmpty() ? "serial " + serial : names.get(0);
    }
}
