package dev.pgpool.certwatch;

/**
 * What a host hears from a {@link CertWatch}. All methods are called one after another on one thread of the watch; a slow
 * listener delays other listeners, never a probe. What a listener throws is logged and dropped.
 */
public interface CertWatchListener {

    /** A look at a target has ended, well or not. */
    default void onReport(CertReport report) {}

    /** A person should hear of this. */
    default void onNotice(Notice notice) {}

    /** A target shows another certificate than before. */
    default void onChange(CertificateChange change) {}

    /** A target is watched no longer; nothing about it follows. */
    default void onRemoved(CertTarget target) {}
}
