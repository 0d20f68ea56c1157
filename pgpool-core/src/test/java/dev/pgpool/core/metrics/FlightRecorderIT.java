package dev.pgpool.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Flight Recorder tells of a pooler's life. */
@OnEveryPostgres
class FlightRecorderIT {
    private final TestPostgres postgres;

    FlightRecorderIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void loginsConnectsWaitsAndClosesAreRecorded(@TempDir Path directory) throws IOException {
        List<RecordedEvent> events;
        try (Recording recording = new Recording()) {
            recording.start();
            try (TestPooler pooler = TestPooler.start(postgres, 1)) {
                try (WireClient first = pooler.login();
                        WireClient second = pooler.login()) {
                    first.run("BEGIN");
                    second.query("SELECT 1").send();
                    await().atMost(Wire.PATIENCE)
                            .until(() -> pooler.snapshot().pools().get(0).clientsWaiting() == 1);
                    first.run("SELECT pg_sleep(0.1)").run("COMMIT");
                    second.readUntilReady();
                }
                await().atMost(Wire.PATIENCE)
                        .until(() -> pooler.snapshot().pools().get(0).clients() == 0);
            }
            recording.stop();
            Path file = directory.resolve("life.jfr");
            recording.dump(file);
            events = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("dev.pgpool."))
                    .filter(event -> event.getString("database").equals(TestPostgres.DATABASE))
                    .filter(event -> event.getString("user").equals(TestPostgres.USER))
                    .toList();
        }

        assertThat(named(events, "ClientLogin"))
                .hasSize(2)
                .allMatch(event -> !event.getDuration("took").isZero());
        assertThat(named(events, "ServerConnect"))
                .singleElement()
                .matches(event -> !event.getDuration("took").isZero() && event.getString("sqlState") == null);
        assertThat(named(events, "LinkWait"))
                .anyMatch(event -> event.getDuration("waited").compareTo(Duration.ofMillis(100)) >= 0);
        assertThat(named(events, "ClientClose"))
                .extracting(event -> event.getString("reason"))
                .containsExactly("client_closed", "client_closed");
        assertThat(named(events, "ServerClose"))
                .extracting(event -> event.getString("reason"))
                .containsExactly("shutdown");
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals("dev.pgpool." + name))
                .toList();
    }
}
