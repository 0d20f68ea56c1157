package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import dev.pgpool.core.fixture.Wire;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** However much goes through, memory is bounded; and a connection that does nothing costs next to nothing. */
@OnEveryPostgres
class InProcessFlowIT {
    private static final int MEGABYTE = 1 << 20;
    /** Sockets between us and the server have buffers of up to 6 MB. */
    private static final int BUFFERS = 48 * MEGABYTE;
    /** Of one event loop and one server, with what the allocator keeps for the next read. */
    private static final long OURS = 32L * MEGABYTE;
    /** How much is copied in; 1024 shows it for a gigabyte. */
    private static final int COPY_MEGABYTES = Integer.getInteger("pgpool.embedded.copy.megabytes", 192);

    private static final int IDLE = 4_000;
    private static final int IDLE_BYTES = 2_048;

    private final TestPostgres postgres;

    InProcessFlowIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private static PgPool start(InetSocketAddress server) {
        return PgPool.builder()
                .eventLoops(1)
                .database(
                        TestPostgres.DATABASE,
                        db -> db.host(server.getAddress().getHostAddress())
                                .port(server.getPort())
                                .maxConnections(2)
                                .user(TestPostgres.USER))
                .build()
                .start();
    }

    private static long buffers() {
        var metric = ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
        return metric.usedDirectMemory() + metric.usedHeapMemory();
    }

    private static long whenItStops(LongSupplier counter) {
        long[] seen = {-1};
        await().atMost(Wire.PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> {
            long before = seen[0];
            seen[0] = counter.getAsLong();
            return seen[0] > 0 && seen[0] == before;
        });
        return seen[0];
    }

    @Test
    void oneHugeRowForASlowReaderStaysOnTheServer() throws IOException {
        try (Toxics network = Toxics.before(postgres.address());
                PgPool pool = start(network.address());
                RawClient slow = RawClient.login(pool);
                RawClient other = RawClient.login(pool)) {
            slow.send(Frontend.query("SELECT repeat('x', " + 100 * MEGABYTE + ")"));
            long before = buffers();
            assertThat(whenItStops(network::bytesFromTarget)).isBetween(1L, (long) BUFFERS);
            assertThat(buffers() - before).isLessThan(OURS);
            other.send(Frontend.query("SELECT 'served meanwhile'"));
            other.skipUntil('Z');

            slow.skip(slow.head('T'));
            int length = slow.head('D');
            assertThat(length).isEqualTo(100 * MEGABYTE + 6);
            slow.skip(length);
            slow.skipUntil('Z');
        }
    }

    @Test
    void copyToAServerThatDoesNotReadStaysAtTheClient() throws Exception {
        String table = TestPostgres.uniqueName("embedded_flood");
        postgres.execute("CREATE UNLOGGED TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        try (Toxics network = Toxics.before(postgres.address());
                PgPool pool = start(network.address());
                RawClient client = RawClient.login(pool)) {
            client.send(Frontend.query("COPY " + table + " FROM STDIN"));
            client.skipUntil('G');
            network.stall();
            byte[] row = new byte[MEGABYTE];
            java.util.Arrays.fill(row, (byte) 'x');
            row[row.length - 1] = '\n';
            byte[] piece = Frontend.copyData(row);
            AtomicLong written = new AtomicLong();
            Thread writer = new Thread(() -> {
                try {
                    for (int i = 0; i < 128; i++) {
                        client.send(piece);
                        written.addAndGet(piece.length);
                    }
                } catch (IOException e) {
                    written.set(-1);
                }
            });
            long before = buffers();
            writer.start();
            assertThat(whenItStops(written::get)).isLessThan(BUFFERS);
            assertThat(buffers() - before).isLessThan(OURS);
            network.resume();
            writer.join(Wire.PATIENCE.toMillis());
            assertThat(written.get()).isEqualTo(128L * piece.length);
            client.send(Frontend.copyDone());
            client.skipUntil('Z');
        } finally {
            postgres.execute("DROP TABLE " + table);
        }
    }

    @Test
    void aLargeCopyGoesInAndOutWithinLittleMemory() throws Exception {
        String table = TestPostgres.uniqueName("embedded_copy");
        postgres.execute("CREATE UNLOGGED TABLE " + table + " (t text)", "GRANT ALL ON " + table + " TO PUBLIC");
        try (PgPool pool = start(postgres.address());
                Connection connection = pool.dataSource(TestPostgres.DATABASE).getConnection()) {
            long before = buffers();
            AtomicLong most = new AtomicLong();
            var copy = connection.unwrap(PGConnection.class).getCopyAPI();
            assertThat(copy.copyIn("COPY " + table + " FROM STDIN", new Rows(COPY_MEGABYTES, most)))
                    .isEqualTo(COPY_MEGABYTES * 1_024L);
            assertThat(most.get() - before).isLessThan(OURS);
            long[] out = {0};
            copy.copyOut("COPY " + table + " TO STDOUT", new java.io.OutputStream() {
                @Override
                public void write(int b) {
                    out[0]++;
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    out[0] += length;
                    if (out[0] % MEGABYTE == 0) {
                        most.accumulateAndGet(buffers(), Math::max);
                    }
                }
            });
            assertThat(out[0]).isEqualTo((long) COPY_MEGABYTES * MEGABYTE);
            assertThat(most.get() - before).isLessThan(OURS);
        } finally {
            postgres.execute("DROP TABLE " + table);
        }
    }

    /** Rows of a kilobyte; looks now and then at how much memory is in use. */
    private static final class Rows extends InputStream {
        private final long total;
        private final AtomicLong most;
        private long given;

        Rows(int megabytes, AtomicLong most) {
            this.total = (long) megabytes * MEGABYTE;
            this.most = most;
        }

        @Override
        public int read() {
            return given == total ? -1 : ++given % 1_024 == 0 ? '\n' : 'r';
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (given == total) {
                return -1;
            }
            int n = (int) Math.min(length, total - given);
            for (int i = 0; i < n; i++) {
                into[offset + i] = (byte) read();
            }
            most.accumulateAndGet(buffers(), Math::max);
            return n;
        }
    }

    @Test
    void anIdleConnectionTakesLittleMemory() throws Exception {
        try (PgPool pool = start(postgres.address())) {
            List<Socket> open = new ArrayList<>();
            try {
                for (int i = 0; i < 200; i++) {
                    RawClient.login(pool).close();
                }
                await().atMost(Wire.PATIENCE).until(() -> pool.snapshot().clients() == 0);
                long before = heap();
                for (int i = 0; i < IDLE; i++) {
                    RawClient client = RawClient.login(pool);
                    client.send(Frontend.query("SELECT 1"));
                    client.skipUntil('Z');
                    open.add(client.socket());
                }
                long each = (heap() - before) / IDLE;
                assertThat(each).as("bytes of an idle connection").isBetween(100L, (long) IDLE_BYTES);
            } finally {
                for (Socket socket : open) {
                    socket.close();
                }
            }
        }
    }

    private static long heap() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(50);
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
