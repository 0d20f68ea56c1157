package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.internal.transport.Buffers;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What large rows took is given back, however many clients stay. */
@OnEveryPostgres
class RetainedMemoryIT {
    private static final int CLIENTS = 50;
    private static final int ROW_BYTES = 20 << 20;
    /** Buffers that the allocator keeps for the next read, of one event loop and two servers. */
    private static final long KEPT_BYTES = 32L << 20;

    private final TestPostgres postgres;

    RetainedMemoryIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void idleClientsRetainNothingOfTheLargeRowsTheyWereSent() {
        List<WireClient> clients = new ArrayList<>();
        long before = usedMemory();
        try (TestPooler pooler = TestPooler.start(postgres, 2)) {
            for (int i = 0; i < CLIENTS; i++) {
                WireClient client = pooler.login();
                clients.add(client);
                assertThat(client.value("SELECT repeat('x', " + ROW_BYTES + ")"))
                        .hasSize(ROW_BYTES);
            }
            await().atMost(Wire.PATIENCE)
                    .untilAsserted(() -> assertThat(usedMemory())
                            .as("%d MB went through", CLIENTS * (ROW_BYTES >> 20))
                            .isLessThan(before + KEPT_BYTES));
            assertThat(usedMemory()).as("memory of the pooler's own").isPositive();
            for (WireClient client : clients) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        } finally {
            clients.forEach(WireClient::close);
        }
    }

    private static long usedMemory() {
        var metric = ((ByteBufAllocatorMetricProvider) Buffers.allocator()).metric();
        return metric.usedDirectMemory() + metric.usedHeapMemory();
    }
}
