package dev.pgpool.examples;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the certificates of the targets given as arguments, and logs when one needs an operator. */
public final class CertificateAlarm {

    private static final Logger LOGGER = LoggerFactory.getLogger(CertificateAlarm.class);

    private CertificateAlarm() {}

    /** For example {@code https://example.org postgres://db.internal:5432?verify=full file:/etc/ssl/private/service.pem}. */
    public static void main(String[] targets) throws InterruptedException {
        try (CertWatch watch = watch(List.of(targets), new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                LOGGER.warn("{}", notice.text());
            }
        })) {
            watch.awaitFirstSweep(Duration.ofMinutes(1));
            LOGGER.info("\n{}", watch.snapshot().table());
            new CountDownLatch(1).await();
        }
    }

    /** A running watch of the given targets that tells the listener; the caller closes it. */
    public static CertWatch watch(List<String> urls, CertWatchListener listener) {
        var builder = CertWatch.builder()
                .interval(Duration.ofMinutes(5))
                .firstSweep(Duration.ofSeconds(1))
                .listener(listener);
        urls.forEach(builder::target);
        CertWatch watch = builder.build();
        watch.start();
        return watch;
    }
}
