package dev.pgpool.backup.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.fixture.DiscardingS3;
import dev.pgpool.backup.store.ObjectStore;
import dev.pgpool.backup.store.S3Store;
import dev.pgpool.backup.store.StoreLimits;
import dev.pgpool.backup.store.WriteOptions;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A source limited to d and a store limited to u for each connection are used to 0.95 of min(d, n u). Rates are low, so that
 * the machine is not what is measured; on one that is loaded a measurement can only come out too low, so the best of a few
 * counts.
 */
class ThroughputIT {

    private static final int PART = 512 * 1024;
    private static final double MIB = 1 << 20;

    @ParameterizedTest(name = "d = {0} MiB/s, u = {1} MiB/s, n = {2}, {3} parts")
    @CsvSource({"4, 4, 4, 32", "4, 2, 4, 64", "16, 1, 4, 48"})
    void theSlowerSideIsUsedToItsLimit(double d, double u, int n, int parts) {
        double best = 0;
        for (int attempt = 0; attempt < 6 && best < 0.95; attempt++) {
            best = Math.max(best, measure(d * MIB, u * MIB, n, parts) / Math.min(d * MIB, n * u * MIB));
        }
        assertThat(best).isGreaterThanOrEqualTo(0.95);
    }

    private static double measure(double d, double u, int n, int parts) {
        ThreadPoolExecutor senders =
                new ThreadPoolExecutor(n, n, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), r -> {
                    Thread thread = new Thread(r, "throughput");
                    thread.setDaemon(true);
                    return thread;
                });
        try (DiscardingS3 s3 = new DiscardingS3(u);
                ObjectStore store = S3Store.builder()
                        .endpoint(s3.url())
                        .bucket("bucket")
                        .credentials("a", "b")
                        .limits(StoreLimits.NONE)
                        .build()) {
            RetryPolicy retry = new RetryPolicy(1, Duration.ZERO, Duration.ZERO, (a, b) -> {});
            PartUploader uploader = new PartUploader(store, retry, senders, n);
            long start = System.nanoTime();
            uploader.upload(
                    "k",
                    new LimitedSource((long) parts * PART, d),
                    PartPlan.of(PART, PART, 0, store.limits()),
                    WriteOptions.of("application/octet-stream"),
                    new TransferProgress());
            return (double) parts * PART / ((System.nanoTime() - start) / 1e9);
        } finally {
            senders.shutdownNow();
        }
    }

    /** Gives bytes at a rate, as pg_dump would that is bound by the database. */
    private static final class LimitedSource extends InputStream {

        private final long length;
        private final double bytesPerSecond;
        private final long start = System.nanoTime();
        private long done;

        LimitedSource(long length, double bytesPerSecond) {
            this.length = length;
            this.bytesPerSecond = bytesPerSecond;
        }

        @Override
        public int read() {
            return -1;
        }

        @Override
        public int read(byte[] target, int offset, int count) {
            if (done == length) {
                return -1;
            }
            int n = (int) Math.min(Math.min(count, 16 * 1024), length - done);
            done += n;
            long wait = start + (long) (done / bytesPerSecond * 1e9) - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
            return n;
        }
    }
}
