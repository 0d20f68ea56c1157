package dev.pgpool.certwatch.metrics;

import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertChain;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.report.CrlDates;
import dev.pgpool.certwatch.report.Expiry;
import dev.pgpool.certwatch.report.OcspStaple;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The series that a report gives in each family, for all that write or register them: what is not known gives none, and no set of
 * labels occurs twice. Functions of their arguments.
 */
final class TargetSeries {

    /** Certificates with a thousand names would make a line that is too long to read. */
    private static final int MAX_NAMES_LENGTH = 512;

    private static final String[] NO_LABELS = {};

    private TargetSeries() {}

    /**
     * Takes series.
     *
     * @param <E> what taking them may throw
     */
    @FunctionalInterface
    interface Sink<E extends Exception> {
        /**
         * One series.
         *
         * @param labels names and values in turn, apart from those that tell the target; not to be changed
         */
        void add(double value, String[] labels) throws E;
    }

    /**
     * Gives the series of one family.
     *
     * @param certificates those that have series of their own
     * @param now the moment for ages and shares
     * @param watchInterval for targets without an interval of their own; absent if it is not known
     */
    @SuppressWarnings("CyclomaticComplexity")
    static <E extends Exception> void give(
            CertWatchMeters family,
            CertReport report,
            CertificateSeries certificates,
            Instant now,
            @Nullable Duration watchInterval,
            Sink<E> sink)
            throws E {
        Expiry expiry = report.expiry();
        CertificateFacts leaf = report.leaf();
        switch (family) {
            case SUCCESS -> sink.add(report.success() ? 1 : 0, NO_LABELS);
            case DURATION -> sink.add(report.duration().toNanos() / 1e9, NO_LABELS);
            case EARLIEST_EXPIRY -> time(expiry.served(), sink);
            case LAST_CHAIN_EXPIRY -> time(expiry.verified(), sink);
            case LAST_CHAIN_INFO -> {
                if (leaf != null) {
                    sink.add(1, info(leaf));
                }
            }
            case TLS_VERSION -> {
                Set<String> versions = new LinkedHashSet<>();
                for (AddressResult address : report.addresses()) {
                    String version = address.tlsVersion();
                    if (version != null && versions.add(version)) {
                        sink.add(1, new String[] {"version", version});
                    }
                }
            }
            case EXPIRY -> {
                OcspStaple staple = expiry.staple();
                kind("effective", expiry.effective(), sink);
                kind("leaf", expiry.leaf(), sink);
                kind("served", expiry.served(), sink);
                kind("verified", expiry.verified(), sink);
                kind("anchor", expiry.anchor(), sink);
                kind("staple", staple == null ? null : staple.nextUpdate(), sink);
            }
            case NOT_BEFORE -> time(expiry.notBefore(), sink);
            case REMAINING_RATIO, PASSED_RATIO, LAST_GOOD_AGE -> {
                double value = ofTheMoment(family, report, now);
                if (!Double.isNaN(value)) {
                    sink.add(value, NO_LABELS);
                }
            }
            case RENEWAL -> time(leaf == null ? null : leaf.renewalTime(), sink);
            case CERTIFICATE_NOT_AFTER,
                    CERTIFICATE_NOT_BEFORE,
                    CERTIFICATE_OCSP_THIS_UPDATE,
                    CERTIFICATE_OCSP_NEXT_UPDATE,
                    CERTIFICATE_CRL_THIS_UPDATE,
                    CERTIFICATE_CRL_NEXT_UPDATE -> {
                for (Map.Entry<List<String>, CertChain.Entry> one :
                        certificates.of(report).entrySet()) {
                    Instant time = time(family, one.getValue());
                    if (time != null) {
                        sink.add(seconds(time), one.getKey().toArray(NO_LABELS));
                    }
                }
            }
            case LEVEL -> sink.add(report.level().ordinal(), NO_LABELS);
            case FINDING -> codes(report.findings(), sink);
            case MUTED -> codes(report.muted(), sink);
            case LAST_PROBE -> time(report.checkedAt(), sink);
            case INTERVAL -> {
                Duration own = report.target().policy().interval();
                Duration interval = own == null ? watchInterval : own;
                if (interval != null) {
                    sink.add(interval.toNanos() / 1e9, NO_LABELS);
                }
            }
            case LAST_GOOD -> time(report.chainSeenAt(), sink);
            case RENEWALS -> sink.add((double) report.renewals(), NO_LABELS);
            case PROBES, NOTICES, CERTIFICATES_LEFT_OUT, IN_FLIGHT, TARGETS, SCHEDULE_LAG -> {
                // of the watch, not of a target
            }
        }
    }

    /** A date of a certificate; absent if it has none of this family. */
    static @Nullable Instant time(CertWatchMeters family, CertChain.Entry entry) {
        OcspStaple staple = entry.staple();
        CrlDates crl = entry.crl();
        return switch (family) {
            case CERTIFICATE_NOT_AFTER -> entry.certificate().notAfter();
            case CERTIFICATE_NOT_BEFORE -> entry.certificate().notBefore();
            case CERTIFICATE_OCSP_THIS_UPDATE -> staple == null ? null : staple.thisUpdate();
            case CERTIFICATE_OCSP_NEXT_UPDATE -> staple == null ? null : staple.nextUpdate();
            case CERTIFICATE_CRL_THIS_UPDATE -> crl == null ? null : crl.thisUpdate();
            case CERTIFICATE_CRL_NEXT_UPDATE -> crl == null ? null : crl.nextUpdate();
            default -> null;
        };
    }

    /** A value that changes between two probes; not a number if it is not known, or does not change. */
    static double ofTheMoment(CertWatchMeters family, CertReport report, Instant now) {
        CertificateFacts leaf = report.leaf();
        Instant seen = report.chainSeenAt();
        return switch (family) {
            case REMAINING_RATIO ->
                leaf == null || leaf.lifetime().isZero()
                        ? Double.NaN
                        : Math.max(0, leaf.remaining(now).toMillis())
                                / (double) leaf.lifetime().toMillis();
            case PASSED_RATIO -> leaf == null ? Double.NaN : leaf.lifetimePassed(now);
            case LAST_GOOD_AGE ->
                seen == null ? Double.NaN : Duration.between(seen, now).toMillis() / 1e3;
            default -> Double.NaN;
        };
    }

    private static <E extends Exception> void time(@Nullable Instant time, Sink<E> sink) throws E {
        if (time != null) {
            sink.add(seconds(time), NO_LABELS);
        }
    }

    private static <E extends Exception> void kind(String kind, @Nullable Instant time, Sink<E> sink) throws E {
        if (time != null) {
            sink.add(seconds(time), new String[] {"kind", kind});
        }
    }

    /** One finding at two addresses is one series. */
    private static <E extends Exception> void codes(List<Finding> findings, Sink<E> sink) throws E {
        Set<String> codes = new LinkedHashSet<>();
        for (Finding finding : findings) {
            if (codes.add(finding.code().name())) {
                sink.add(1, new String[] {"code", finding.code().name()});
            }
        }
    }

    /** As Blackbox Exporter has it: of the alternative names only those of the DNS. */
    private static String[] info(CertificateFacts leaf) {
        String names = String.join(",", leaf.dnsNames());
        return new String[] {
            "fingerprint_sha256",
            leaf.sha256(),
            "issuer",
            leaf.issuer(),
            "serialnumber",
            leaf.serial(),
            "subject",
            leaf.subject(),
            "subjectalternative",
            names.length() <= MAX_NAMES_LENGTH ? names : names.substring(0, MAX_NAMES_LENGTH)
        };
    }

    private static double seconds(Instant instant) {
        return instant.getEpochSecond();
    }
}
