package dev.pgpool.core.internal.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What events cost while nobody records, and which waits are recorded. */
class FlightEventsTest {
    private static final int CALLS = 10_000;
    private static final int ROUNDS = 5;
    private static final PoolKey POOL = new PoolKey("app", "alice");

    @Test
    void nothingIsMadeWhileNobodyRecords() throws IOException {
        try (Recording recording = new Recording()) {
            // the types are known from now on, as after an operator has looked for once
            recording.start();
            all();
        }
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = allocated();
            for (int i = 0; i < CALLS; i++) {
                all();
            }
            least = Math.min(least, allocated() - before);
        }

        assertThat(least).as("bytes for %d calls", 6 * CALLS).isLessThan(CALLS);
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    private static void all() {
        FlightEvents.clientLogin(POOL, 1);
        FlightEvents.serverConnect(POOL, 1);
        FlightEvents.serverConnectFailed(POOL, "08001", "no");
        FlightEvents.linkWait(POOL, 1);
        FlightEvents.clientClose(POOL, CloseReason.CLIENT_CLOSED);
        FlightEvents.serverClose(POOL, CloseReason.SERVER_CLOSED);
    }

    @Test
    void waitsBelowTheThresholdAreNotRecorded(@TempDir Path directory) throws IOException {
        assertThat(waits(directory, null)).containsExactlyInAnyOrder(10_000_000L, 2_000_000_000L);
    }

    @Test
    void thresholdIsASettingOfTheRecording(@TempDir Path directory) throws IOException {
        assertThat(waits(directory, "1 s")).containsExactly(2_000_000_000L);
    }

    private static Iterable<Long> waits(Path directory, @Nullable String threshold) throws IOException {
        Path file = directory.resolve("waits.jfr");
        try (Recording recording = new Recording()) {
            var settings = recording.enable("dev.pgpool.LinkWait");
            if (threshold != null) {
                settings.with("waitThreshold", threshold);
            }
            recording.start();
            FlightEvents.linkWait(POOL, 9_999_999);
            FlightEvents.linkWait(POOL, 10_000_000);
            FlightEvents.linkWait(POOL, 2_000_000_000);
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("dev.pgpool.LinkWait"))
                .map((RecordedEvent event) -> event.getDuration("waited").toNanos())
                .toList();
    }

    @Test
    void severalRecordingsGetWhatTheMostCuriousWants() {
        WaitThreshold threshold = new WaitThreshold();

        assertThat(threshold.combine(Set.of("1 s", "20ms", "5 ms", "nonsense"))).isEqualTo("5000000 ns");
    }
}
