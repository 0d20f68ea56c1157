package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.target.Thresholds;
import java.time.Duration;

/** How long before expiry alarms are raised, as properties say it. */
final class ThresholdSettings {
    private Duration warning = Thresholds.ADAPTIVE.warning();
    private Duration critical = Thresholds.ADAPTIVE.critical();
    private double warningShare = Thresholds.ADAPTIVE.warningShare();
    private double criticalShare = Thresholds.ADAPTIVE.criticalShare();

    /** Default 30 days. A certificate is worth a warning at most this long before it expires. */
    public ThresholdSettings warning(Duration before) {
        warning = before;
        return this;
    }

    /** Default 7 days. A certificate is critical at most this long before it expires. */
    public ThresholdSettings critical(Duration before) {
        critical = before;
        return this;
    }

    /** Default 0.25. At most this share of the certificate's lifetime; 1 switches the share off. */
    public ThresholdSettings warningShare(double share) {
        warningShare = share;
        return this;
    }

    /** Default 0.10. At most this share of the certificate's lifetime; 1 switches the share off. */
    public ThresholdSettings criticalShare(double share) {
        criticalShare = share;
        return this;
    }

    Thresholds thresholds() {
        return new Thresholds(warning, critical, warningShare, criticalShare);
    }
}
