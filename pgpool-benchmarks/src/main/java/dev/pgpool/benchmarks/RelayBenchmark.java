package dev.pgpool.benchmarks;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One transaction of a simple query through the link, both ways, over channels in memory. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RelayBenchmark {
    private static final int ROW_BYTES = 60;

    /** Rows in the reply. */
    @Param({"1", "100"})
    int rows;

    private final EmbeddedLink link = new EmbeddedLink();
    private final ByteBuf query = new Messages()
            .add('Q', "SELECT abalance FROM pgbench_accounts WHERE aid = 1;~")
            .done();
    private ByteBuf reply = query;

    @Setup
    public void fill() {
        reply = new Messages()
                .add('T', 27, 1)
                .add('D', ROW_BYTES, rows)
                .add('C', "SELECT 1~")
                .add('Z', "I")
                .done();
    }

    @TearDown
    public void close() {
        link.close();
        query.release();
        reply.release();
    }

    @Benchmark
    public int transaction() {
        int bytes = link.fromClient(query) + link.fromServer(reply);
        if (link.isLinked()) {
            throw new IllegalStateException("the server was not given back");
        }
        return bytes;
    }
}
