package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.internal.check.Problems;
import java.time.Duration;

/** How bytes are sent to a store. Confined to one thread. */
public final class TransferSettings {

    private final Problems problems;
    // A little less than a power of two: the array's header would take another region of a small G1 heap.
    private int partBytes = (8 << 20) - 1024;
    private int maxPartBytes = 64 << 20;
    private int parallelism = 4;
    private int attempts = 6;
    private Duration retryDelay = Duration.ofMillis(200);
    private Duration outage = Duration.ofMinutes(3);

    TransferSettings(Problems problems) {
        this.problems = problems;
    }

    public void partSize(int bytes) {
        problems.positive("partSize", bytes);
        partBytes = bytes;
    }

    public void maxPartSize(int bytes) {
        problems.positive("maxPartSize", bytes);
        maxPartBytes = bytes;
    }

    public void parallelism(int parts) {
        problems.positive("parallelism", parts);
        parallelism = parts;
    }

    public void retries(int count, Duration firstPause) {
        problems.positive("retries", count);
        attempts = count;
        retryDelay = firstPause;
    }

    public void outage(Duration time) {
        problems.require(!time.isNegative(), "outage", time, ">= 0");
        outage = time;
    }

    void check(Problems found) {
        found.require(maxPartBytes >= partBytes, "maxPartSize", maxPartBytes, "at least partSize, " + partBytes);
    }

    BackupConfig.Transfer checked() {
        return new BackupConfig.Transfer(partBytes, maxPartBytes, parallelism, attempts, retryDelay, outage);
    }
}
