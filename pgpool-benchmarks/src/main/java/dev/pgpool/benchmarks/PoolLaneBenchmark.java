package dev.pgpool.benchmarks;

import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.Waiter;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.ErrorFields;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Taking an idle server from its lane and giving it back. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PoolLaneBenchmark {
    private final EmbeddedLink link = new EmbeddedLink();
    private final ServerLane lane = link.lane();
    private final Client client = new Client();

    /** Never waits, for there is always a server. */
    private static final class Client extends Waiter<ServerConnection> {
        @Override
        protected void onServer(ServerConnection server) {
            throw new IllegalStateException("no client waited");
        }

        @Override
        protected void onNoServer(ErrorFields error) {
            throw new IllegalStateException(error.message());
        }
    }

    @Setup
    public void giveServer() {
        lane.onReleased(link.server());
    }

    @TearDown
    public void close() {
        link.close();
    }

    @Benchmark
    public ServerConnection acquireAndRelease() {
        ServerConnection server = lane.acquire(client);
        if (server == null) {
            throw new IllegalStateException("no server");
        }
        lane.onReleased(server);
        return server;
    }
}
