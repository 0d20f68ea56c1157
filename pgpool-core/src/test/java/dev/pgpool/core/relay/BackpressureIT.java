package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/**
 * A slow reader stops the writer on the other side instead of filling our memory. The proxy between us and the server
 * counts what we take: beyond the sockets' own buffers it must stop.
 */
@OnEveryPostgres
class BackpressureIT {

    private static final int MEGABYTE = 1 << 20;

    /** Several sockets on the way have buffers of up to 6 MB; a pooler that reads ahead would take all 256. */
    private static final int BUFFERS = 48 * MEGABYTE;

    private final TestPostgres postgres;

    BackpressureIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void rowsForAClientThatDoesNotReadStayOnTheServer() {
        int rows = 256;
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 2);
                WireClient bystander = pooler.login();
                WireClient slow = pooler.loginSlowReader()) {
            slow.query("SELECT repeat('x', 1048576) FROM generate_series(1, " + rows + ")")
                    .send();
            long taken = whenItStops(network::bytesFromTarget);
            assertThat(taken).isBetween(1L, (long) BUFFERS);
            assertThat(bystander.value("SELECT 'served meanwhile'")).isEqualTo("served meanwhile");
            assertThat(countRows(slow)).isEqualTo(rows);
            assertThat(slow.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void oneHugeRowIsStreamedNotGathered() {
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 1);
                WireClient slow = pooler.loginSlowReader()) {
            slow.query("SELECT repeat('x', " + 100 * MEGABYTE + ")").send();
            assertThat(whenItStops(network::bytesFromTarget)).isBetween(1L, (long) BUFFERS);
            assertThat(slow.read().toString()).startsWith("RowDescription");
            assertThat(slow.read().body()).hasSize(100 * MEGABYTE + 6);
            assertThat(slow.readUntilReady()).containsExactly("CommandComplete \"SELECT 1\"", "ReadyForQuery I");
        }
    }

    @Test
    void copyToAServerThatDoesNotReadStaysAtTheClient() throws InterruptedException {
        String table = TestPostgres.uniqueName("flood");
        postgres.execute("CREATE UNLOGGED TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        try (Toxics network = Toxics.before(postgres.address());
                TestPooler pooler = TestPooler.start(network, 1);
                WireClient client = pooler.login()) {
            client.query("COPY " + table + " FROM STDIN").send();
            assertThat(client.read(1)).containsExactly("CopyInResponse");
            network.stall();
            byte[] piece =
                    Frontend.copyData("x".repeat(MEGABYTE - 1).concat("\n").getBytes(StandardCharsets.US_ASCII));
            AtomicLong written = new AtomicLong();
            Thread writer = new Thread(() -> {
                for (int i = 0; i < 128; i++) {
                    client.sendRaw(piece);
                    written.addAndGet(piece.length);
                }
            });
            writer.start();
            assertThat(whenItStops(written::get)).isLessThan(BUFFERS);
            network.resume();
            writer.join(Wire.PATIENCE.toMillis());
            assertThat(client.copyDone().send().readUntilReady())
                    .containsExactly("CommandComplete \"COPY 128\"", "ReadyForQuery I");
        } finally {
            postgres.execute("DROP TABLE " + table);
        }
    }

    @Test
    void pipelinedRequestsOfAClientThatDoesNotReadStop() throws InterruptedException {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient bystander = pooler.login();
                WireClient flooder = pooler.loginSlowReader()) {
            byte[] piece = Frontend.query("SELECT repeat('y', 100000) /* " + "z".repeat(10_000) + " */");
            AtomicLong written = new AtomicLong();
            int total = 4_000;
            Thread writer = new Thread(() -> {
                for (int i = 0; i < total; i++) {
                    flooder.sendRaw(piece);
                    written.addAndGet(piece.length);
                }
            });
            writer.start();
            assertThat(whenItStops(written::get)).isLessThan((long) total * piece.length);
            assertThat(bystander.value("SELECT 'served meanwhile'")).isEqualTo("served meanwhile");
            for (int i = 0; i < total; i++) {
                assertThat(countRows(flooder)).isEqualTo(1);
            }
            writer.join(Wire.PATIENCE.toMillis());
        }
    }

    @Test
    void requestsThatWeAnswerOurselvesAreBoundedToo() throws InterruptedException {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient gate = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE);
                WireClient bystander = pooler.login();
                WireClient flooder = pooler.login()) {
            flooder.parse("known", "SELECT 'known'").sync().exchange();
            gate.run("SELECT pg_advisory_lock(9191)");
            flooder.query("SELECT pg_advisory_xact_lock(9191)").send();
            postgres.awaitQuery("SELECT pg_advisory_xact_lock(9191)");
            ByteArrayOutputStream pairs = new ByteArrayOutputStream();
            for (int i = 0; i < 10_000; i++) {
                pairs.writeBytes(Frontend.parse("s", "SELECT 'known'"));
                pairs.writeBytes(Frontend.close('S', "s"));
            }
            byte[] piece = pairs.toByteArray();
            int pieces = 80;
            AtomicLong written = new AtomicLong();
            Thread writer = new Thread(() -> {
                try {
                    for (int i = 0; i < pieces; i++) {
                        flooder.sendRaw(piece);
                        written.addAndGet(piece.length);
                    }
                } catch (UncheckedIOException | AssertionError expected) {
                    written.addAndGet(0); // the flood is cut off below
                }
            });
            writer.start();
            assertThat(whenItStops(written::get)).isLessThan((long) pieces * piece.length / 2);
            assertThat(bystander.value("SELECT 'served meanwhile'")).isEqualTo("served meanwhile");
            flooder.reset();
            writer.join(Wire.PATIENCE.toMillis());
            gate.run("SELECT pg_advisory_unlock(9191)");
            assertThat(bystander.value("SELECT 'still served'")).isEqualTo("still served");
        }
    }

    private static int countRows(WireClient client) {
        int rows = 0;
        for (Message message = client.read(); message.type() != 'Z'; message = client.read()) {
            if (message.type() == 'D') {
                rows++;
            }
        }
        return rows;
    }

    /** The value once it has started and then not moved for half a second. */
    private static long whenItStops(LongSupplier value) {
        AtomicLong last = new AtomicLong(-1);
        await().atMost(Wire.PATIENCE.multipliedBy(2))
                .pollDelay(Duration.ofMillis(500))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    long now = value.getAsLong();
                    return now > 0 && last.getAndSet(now) == now;
                });
        return last.get();
    }
}
