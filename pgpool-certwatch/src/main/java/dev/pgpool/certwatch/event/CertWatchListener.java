package dev.pgpool.certwatch.event;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.target.CertTarget;
import java.util.function.Consumer;

/**
 * What a host hears from a {@link dev.pgpool.certwatch.CertWatch}. All methods are called one after another, on a thread that belongs to this
 * listener: a slow one delays neither other listeners nor a probe. What a listener throws is logged and dropped, and so is
 * what a listener cannot take that is 100,000 events behind.
 */
public interface CertWatchListener {

    /** A listener for notices only. */
    static CertWatchListener notices(Consumer<? super Notice> consumer) {
        requireNonNull(consumer, "consumer");
        return new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                consumer.accept(notice);
            }
        };
    }

    /** A probe of a target has ended, well or not. */
    default void onReport(CertReport report) {}

    /** A person should hear of this. */
    default void onNotice(Notice notice) {}

    /** A target shows another certificate than before. */
    default void onChange(CertificateChange change) {}

    /** A target is watched no longer; nothing about it follows. */
    default void onRemoved(CertTarget target) {}
}
