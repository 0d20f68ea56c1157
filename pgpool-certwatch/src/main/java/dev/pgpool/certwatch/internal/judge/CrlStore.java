package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.Finding;
import dev.pgpool.certwatch.FindingCode;
import dev.pgpool.certwatch.RevocationPolicy;
import dev.pgpool.certwatch.internal.x509.Der;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Revocation lists, fetched when needed and kept until their next update but at most a day. Thread-safe, blocks. */
final class CrlStore {

    private static final String DISTRIBUTION_POINTS = "2.5.29.31";
    private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    private static final Duration LONGEST = Duration.ofDays(1);
    /** A name server or web server that is down is not asked at every look. */
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(10);

    private static final int MAX_LISTS = 64;

    private final CrlFetch fetch;
    private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
            return size() > MAX_LISTS;
        }
    };

    private record Kept(@Nullable X509CRL list, String problem, Instant until) {}

    CrlStore(RevocationPolicy policy) {
        this.fetch = new CrlFetch(policy);
    }

    /** Looks a certificate up; absent if it is not revoked, or names no list. */
    @Nullable
    Finding check(X509Certificate certificate, X509Certificate issuer, Instant now) {
        byte[] extension = certificate.getExtensionValue(DISTRIBUTION_POINTS);
        if (extension == null) {
            return null;
        }
        List<String> urls = Der.of(extension).content().uris().stream()
                .filter(url -> url.regionMatches(true, 0, "http://", 0, 7))
                .toList();
        if (urls.isEmpty()) {
            return unknown("no http URL among the distribution points");
        }
        Kept found = list(urls.get(0), now);
        if (found.list() == null) {
            return unknown(found.problem());
        }
        String unfit = unfit(found.list(), issuer, urls.get(0), now);
        if (unfit != null) {
            return unknown(urls.get(0) + ": " + unfit);
        }
        X509CRLEntry entry = found.list().getRevokedCertificate(certificate);
        return entry == null
                ? null
                : Finding.of(
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

    /** Why a list says nothing about certificates of this issuer and distribution point. */
    private static @Nullable String unfit(X509CRL list, X509Certificate issuer, String url, Instant now) {
        if (!list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return "a list of another issuer";
        }
        try {
            list.verify(issuer.getPublicKey());
        } catch (GeneralSecurityException e) {
            return "not signed by the issuer";
        }
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
            List<String> covered = Der.of(scope).content().uris();
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
