package dev.pgpool.certwatch.metrics;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every meter, with its name in Micrometer. All but the last group carry the tag {@code instance}, the target's name, and the
 * target's labels. A meter whose value is not known is absent.
 */
public enum CertWatchMeters {
    /** Blackbox: 1 if the target was reached, spoke TLS and is acceptable to a client of its policy, else 0. */
    SUCCESS("probe.success", null, "Whether the last probe succeeded"),
    /** Blackbox: duration of the last probe. */
    DURATION("probe.duration", "seconds", "How long the last probe took"),
    /** Blackbox: earliest expiry in the served chain, Unix seconds. No base unit, or the name would change. */
    EARLIEST_EXPIRY("probe.ssl.earliest.cert.expiry", null, "Earliest expiry in the served chain, in Unix seconds"),
    /** Blackbox: when the last verified path breaks, Unix seconds. */
    LAST_CHAIN_EXPIRY("probe.ssl.last.chain.expiry.timestamp", "seconds", "When the last verified path breaks"),
    /**
     * Blackbox: 1, with {@code fingerprint_sha256}, {@code subject}, {@code issuer}, {@code subjectalternative} and {@code
     * serialnumber} of the leaf.
     */
    LAST_CHAIN_INFO("probe.ssl.last.chain.info", null, "The leaf last seen"),
    /** Blackbox: 1, with {@code version}. */
    TLS_VERSION("probe.tls.version.info", null, "TLS version of the last probe"),

    /** By {@code kind}: effective, leaf, served, verified, anchor, staple (the next update of a stapled OCSP response). Unix seconds. */
    EXPIRY("certwatch.certificate.expiry.timestamp", "seconds", "Expiry, in Unix seconds"),
    /** Start of validity of the leaf, Unix seconds. */
    NOT_BEFORE("certwatch.certificate.not.before.timestamp", "seconds", "Start of validity of the leaf"),
    /** Share of the leaf's lifetime that is left, 0 to 1, computed when read. */
    REMAINING_RATIO("certwatch.certificate.lifetime.remaining.ratio", null, "Share of the leaf's lifetime left"),
    /** Share of the leaf's lifetime that has passed, above 1 once expired, computed when read. */
    PASSED_RATIO("certwatch.certificate.lifetime.passed.ratio", null, "Share of the leaf's lifetime passed"),
    /** When an automatic renewal of the leaf is due, after two thirds of its lifetime. Unix seconds. */
    RENEWAL("certwatch.certificate.renewal.timestamp", "seconds", "When renewal of the leaf is due"),
    /**
     * End of each certificate, where {@link dev.pgpool.certwatch.CertWatchBuilder#certificateSeries} allows, by {@code path} (or
     * address), {@code role}, {@code subject}, {@code issuer}, {@code serial} and {@code fingerprint_sha256}. Unix seconds.
     */
    CERTIFICATE_NOT_AFTER("certwatch.chain.certificate.not.after.timestamp", "seconds", "End of a certificate"),
    /** Start of validity of each certificate, with the same tags. Unix seconds. */
    CERTIFICATE_NOT_BEFORE("certwatch.chain.certificate.not.before.timestamp", "seconds", "Start of a certificate"),
    /** Since when the stapled OCSP response about a certificate is right, with the same tags. Unix seconds. */
    CERTIFICATE_OCSP_THIS_UPDATE(
            "certwatch.chain.certificate.ocsp.this.update.timestamp",
            "seconds",
            "Begin of the OCSP response on a certificate"),
    /** Until when it is. Unix seconds. */
    CERTIFICATE_OCSP_NEXT_UPDATE(
            "certwatch.chain.certificate.ocsp.next.update.timestamp",
            "seconds",
            "End of the OCSP response on a certificate"),
    /** When the revocation list that covers a certificate was made, where lists are fetched, with the same tags. Unix seconds. */
    CERTIFICATE_CRL_THIS_UPDATE(
            "certwatch.chain.certificate.crl.this.update.timestamp",
            "seconds",
            "Begin of the revocation list of a certificate"),
    /** When the next one is due. Unix seconds. */
    CERTIFICATE_CRL_NEXT_UPDATE(
            "certwatch.chain.certificate.crl.next.update.timestamp",
            "seconds",
            "End of the revocation list of a certificate"),
    /** 0 OK, 1 WARNING, 2 CRITICAL, 3 EXPIRED. */
    LEVEL("certwatch.level", null, "Level of the target: 0 OK, 1 WARNING, 2 CRITICAL, 3 EXPIRED"),
    /** 1 for each present finding, by {@code code}. */
    FINDING("certwatch.finding", null, "A finding that is present"),
    /** 1 for each present finding that is muted, by {@code code}. */
    MUTED("certwatch.finding.muted", null, "A finding that is present and muted"),
    /** When the last probe ended, Unix seconds. */
    LAST_PROBE("certwatch.last.probe.timestamp", "seconds", "When the last probe ended"),
    /** The target's interval, so that rules need no constant. */
    INTERVAL("certwatch.probe.interval", "seconds", "Interval between two probes of a target"),
    /** When a chain was last seen, Unix seconds. */
    LAST_GOOD("certwatch.last.good.timestamp", "seconds", "When a chain was last seen"),
    /** Seconds since a chain was last seen, computed when read. */
    LAST_GOOD_AGE("certwatch.last.good.age", "seconds", "Time since a chain was last seen"),
    /** Counter of changes of certificate that moved expiry to later, since the target was added. */
    RENEWALS("certwatch.renewals", null, "Renewals seen"),

    /** Timer of probes, by {@code outcome}: success or failure. No instance. */
    PROBES("certwatch.probes", "seconds", "Probes, by outcome"),
    /** Counter of notices, by {@code kind}. No instance. */
    NOTICES("certwatch.notices", null, "Notices given, by kind"),
    /** Certificates without series of their own, as those would be too many. No instance. */
    CERTIFICATES_LEFT_OUT("certwatch.chain.certificates.left.out", null, "Certificates left out, being too many"),
    /** Probes under way. No instance. */
    IN_FLIGHT("certwatch.probes.in.flight", null, "Probes under way"),
    /** Targets watched. No instance. */
    TARGETS("certwatch.targets", null, "Targets watched"),
    /** How late the last scheduled probe began. No instance. */
    SCHEDULE_LAG("certwatch.schedule.lag", "seconds", "How late the last scheduled probe began");

    /** Families with a series for each certificate. */
    static final Set<CertWatchMeters> OF_CERTIFICATES =
            Collections.unmodifiableSet(EnumSet.range(CERTIFICATE_NOT_AFTER, CERTIFICATE_CRL_NEXT_UPDATE));

    private final String meterName;
    private final @Nullable String baseUnit;
    private final String description;

    CertWatchMeters(String meterName, @Nullable String baseUnit, String description) {
        this.meterName = meterName;
        this.baseUnit = baseUnit;
        this.description = description;
    }

    /** Whether its series are of targets, and not of the watch. */
    public boolean ofTarget() {
        return compareTo(PROBES) < 0;
    }

    /** Whether it is always 1, and its labels are what it tells. */
    boolean isInfo() {
        return meterName.endsWith(".info");
    }

    /** Name in Micrometer's form. */
    public String meterName() {
        return meterName;
    }

    /** Name in Prometheus' form. */
    public String prometheusName() {
        return meterName.replace('.', '_')
                + (baseUnit == null ? "" : "_" + baseUnit)
                + (this == RENEWALS ? "_total" : "");
    }

    /** Base unit; absent if it has none. */
    public @Nullable String baseUnit() {
        return baseUnit;
    }

    /** One line for people. */
    public String description() {
        return description;
    }
}
