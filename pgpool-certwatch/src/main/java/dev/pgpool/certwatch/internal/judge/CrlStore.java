package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.internal.x509.Der;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.trust.RevocationPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Revocation lists, fetched when needed and kept until their next update but at most a day. Thread-safe, blocks. */
final class CrlStore {

    private static final String DISTRIBUTION_POINTS = "2.5.29.31";
    private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    private static final Duration LONGEST = Duration.ofDays(1);
    /** A name server or web server that is down is not asked at every probe. */
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(10);

    private static final int MAX_LISTS = 64;
    private static final int MAX_POINTS = 3;

    /** Fields of the issuing distribution point (RFC 5280, section 5.2.5). */
    private static final int ONLY_USERS = 0x81;

    private static final int ONLY_AUTHORITIES = 0x82;
    private static final int SOME_REASONS = 0x83;
    private static final int ONLY_ATTRIBUTES = 0x85;

    private final CrlFetch fetch;
    private final Map<String, Kept> kept = new LruMap<>(MAX_LISTS);

    private record Kept(@Nullable X509CRL list, String problem, Instant until) {}

    CrlStore(RevocationPolicy policy) {
        this.fetch = new CrlFetch(policy);
    }

    /**
     * What was found.
     *
     * @param finding absent if the certificate is not revoked, or names no list
     * @param dates of the list that covers it; absent if there is none
     */
    record Result(@Nullable Finding finding, @Nullable CrlDates dates) {}

    /** Looks a certificate up in the first of its lists that covers it. */
    Result check(X509Certificate certificate, X509Certificate issuer, Instant now) {
        byte[] extension = certificate.getExtensionValue(DISTRIBUTION_POINTS);
        if (extension == null) {
            return new Result(null, null);
        }
        List<String> urls = Der.of(extension).content().uris().stream()
                .filter(url -> url.regionMatches(true, 0, "http://", 0, 7))
                .limit(MAX_POINTS)
                .toList();
        if (urls.isEmpty()) {
            return new Result(unknown("no http URL among the distribution points"), null);
        }
        String problem = "";
        CrlDates dates = null;
        for (String url : urls) {
            Kept found = list(url, now);
            X509CRL list = found.list();
            if (list == null) {
                problem = problem.isEmpty() ? found.problem() : problem;
                continue;
            }
            String foreign = foreign(list, issuer);
            if (foreign == null) {
                dates = new CrlDates(
                        url,
                        list.getThisUpdate().toInstant(),
                        list.getNextUpdate() == null
                                ? null
                                : list.getNextUpdate().toInstant());
                X509CRLEntry entry = list.getRevokedCertificate(certificate);
                if (entry != null) {
                    // An old list, or one for some reasons only, is no less right about what it names.
                    return new Result(revoked(certificate, entry), dates);
                }
            }
            String unfit = foreign == null ? unfit(list, certificate, url, now) : foreign;
            if (unfit == null) {
                return new Result(null, dates);
            }
            problem = problem.isEmpty() ? url + ": " + unfit : problem;
        }
        return new Result(unknown(problem), dates);
    }

    private static Finding revoked(X509Certificate certificate, X509CRLEntry entry) {
        return Finding.of(
                FindingCode.REVOKED,
                "\"" + certificate.getSubjectX500Principal().getName() + "\" was revoked "
                        + entry.getRevocationDate().toInstant()
                        + (entry.getRevocationReason() == null ? "" : ", " + entry.getRevocationReason()));
    }

    private Kept list(String url, Instant now) {
        synchronized (kept) {
            Kept known = kept.get(url);
            if (known != null && now.isBefore(known.until())) {
                return known;
            }
        }
        Kept fresh = load(url, now);
        synchronized (kept) {
            kept.put(url, fresh);
        }
        return fresh;
    }

    private Kept load(String url, Instant now) {
        try {
            X509CRL list = (X509CRL)
                    CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(fetch.get(url)));
            Instant longest = now.plus(LONGEST);
            Instant next = list.getNextUpdate() == null
                    ? longest
                    : list.getNextUpdate().toInstant();
            Instant until = next.isBefore(longest) ? next : longest;
            return new Kept(list, "", until.isAfter(now) ? until : now.plus(AFTER_FAILURE));
        } catch (IOException | GeneralSecurityException e) {
            return new Kept(null, url + ": " + e.getMessage(), now.plus(AFTER_FAILURE));
        }
    }

    /** Why a list is no list of this issuer; absent if it is. */
    private static @Nullable String foreign(X509CRL list, X509Certificate issuer) {
        if (!list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return "a list of another issuer";
        }
        try {
            list.verify(issuer.getPublicKey());
        } catch (GeneralSecurityException e) {
            return "not signed by the issuer";
        }
        return null;
    }

    /** Why the absence from a list says nothing about a certificate; absent if it does. */
    private static @Nullable String unfit(X509CRL list, X509Certificate certificate, String url, Instant now) {
        if (list.getNextUpdate() != null && now.isAfter(list.getNextUpdate().toInstant())) {
            return "out of date since " + list.getNextUpdate().toInstant();
        }
        Set<String> critical = list.getCriticalExtensionOIDs();
        for (String oid : critical == null ? Set.<String>of() : critical) {
            if (!oid.equals(ISSUING_DISTRIBUTION_POINT)) {
                return "critical extension " + oid + " is not understood";
            }
        }
        byte[] scope = list.getExtensionValue(ISSUING_DISTRIBUTION_POINT);
        if (scope != null) {
            Der parts = Der.of(scope).content();
            for (Der part : parts.children()) {
                boolean set = part.length() > 0 && part.firstByte() != 0;
                boolean authority = certificate.getBasicConstraints() >= 0;
                if (set
                        && (part.is(ONLY_ATTRIBUTES)
                                || part.is(SOME_REASONS)
                                || (part.is(ONLY_USERS) && authority)
                                || (part.is(ONLY_AUTHORITIES) && !authority))) {
                    return "a list of other certificates or of some reasons only";
                }
            }
            List<String> covered = parts.uris();
            if (!covered.isEmpty() && !covered.contains(url)) {
                return "a list of another distribution point, " + covered;
            }
        }
        return null;
    }

    private static Finding unknown(String why) {
        return Finding.of(FindingCode.REVOCATION_UNKNOWN, why);
    }
}
