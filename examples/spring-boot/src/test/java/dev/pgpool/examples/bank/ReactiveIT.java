package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.examples.fixture.Eventually;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import dev.pgpool.examples.probe.ReactiveNotes;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An application that uses R2DBC through the pooler. */
class ReactiveIT {
    private static final TestDatabase DATABASE = TestDatabase.create();
    private static RunningBank notes;

    @BeforeAll
    static void start() throws Exception {
        DATABASE.execute("CREATE TABLE note (text text PRIMARY KEY); GRANT ALL ON note TO " + TestDatabase.USER);
        notes = RunningBank.of(
                ReactiveNotes.class,
                DATABASE,
                "--pgpool.databases.bank.max-connections=4",
                "--pgpool.backup.enabled=false");
    }

    @AfterAll
    static void stop() throws Exception {
        notes.close();
        Eventually.equal(0, DATABASE::serverConnections);
    }

    @Test
    void transactionsAreCommittedAndRolledBack() throws Exception {
        assertThat(answer("notes?texts=a,b,c")).isEqualTo("200 3");
        assertThat(answer("notes?texts=d,a")).isEqualTo("409 23505");

        assertThat(notes.read("notes/a")).isEqualTo("1");
        assertThat(notes.read("notes/d")).isEqualTo("0");
    }

    @Test
    void requestsShareServersOfThePooler() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> all = IntStream.range(0, 40)
                .mapToObj(i -> notes.postLater("notes?texts=many" + i, ""))
                .toList();

        for (CompletableFuture<HttpResponse<String>> each : all) {
            assertThat(each.get(30, TimeUnit.SECONDS).body()).isEqualTo("1");
        }
        assertThat(notes.context().getBean(PgPool.class).snapshot().clients()).isGreaterThan(4);
        assertThat(DATABASE.serverConnections()).isBetween(1, 4);
    }

    private static String answer(String path) throws Exception {
        HttpResponse<String> response = notes.post(path, "");
        return response.statusCode() + " " + response.body();
    }
}
