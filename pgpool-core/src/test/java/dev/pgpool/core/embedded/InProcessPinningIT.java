package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A virtual thread that waits for the pooler gives its carrier up. Where there are none, platform threads do the same work. */
@OnEveryPostgres
class InProcessPinningIT {
    private static final int THREADS = 300;
    private static final int SERVERS = 4;

    private final TestPostgres postgres;

    InProcessPinningIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void noCarrierIsPinned(@TempDir Path directory) throws Exception {
        ThreadFactory threads = VirtualThreads.factory().orElse(Thread::new);
        AtomicInteger right = new AtomicInteger();
        Path file = directory.resolve("pinned.jfr");
        try (PgPool pool = PgPool.builder()
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres)
                                        .maxConnections(SERVERS)
                                        .user(TestPostgres.USER))
                        .build()
                        .start();
                Recording recording = new Recording()) {
            InProcessDataSource app = pool.dataSource(TestPostgres.DATABASE);
            // a virtual thread that waits for a class to be loaded or initialised pins its carrier
            work(app, new AtomicInteger());
            recording
                    .enable("jdk.VirtualThreadPinned")
                    .withThreshold(Duration.ZERO)
                    .withStackTrace();
            recording.start();
            List<Thread> started = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Thread thread = threads.newThread(() -> work(app, right));
                started.add(thread);
                thread.start();
            }
            for (Thread thread : started) {
                thread.join();
            }
            recording.stop();
            recording.dump(file);
        }
        assertThat(right.get()).isEqualTo(THREADS);
        List<String> pinned = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                .map(RecordedEvent::toString)
                .filter(event -> event.contains("dev.pgpool"))
                .toList();
        assertThat(pinned).isEmpty();
    }

    private static void work(InProcessDataSource app, AtomicInteger right) {
        try (Connection connection = app.getConnection();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < 5; i++) {
                try (ResultSet rows = statement.executeQuery("SELECT " + i + ", pg_sleep(0.002)")) {
                    rows.next();
                    if (rows.getInt(1) != i) {
                        return;
                    }
                }
                Thread.sleep(1);
            }
            right.incrementAndGet();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
