package dev.pgpool.benchmarks;

import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.sql.TextForm;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
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

/** What it costs to read a statement for what it may do to its session. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StatementScannerBenchmark {
    @Param({
        "BEGIN",
        "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
        "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state = 'open' AND "
                + "o.created > now() - interval '30 days' AND c.region IN ('north', 'south') ORDER BY o.created DESC "
                + "LIMIT 50"
    })
    private String sql = "";

    private final StatementScanner scanner = new StatementScanner();
    private ByteBuf text = ByteBufAllocator.DEFAULT.directBuffer();

    @Setup
    public void write() {
        text = ByteBufAllocator.DEFAULT.directBuffer().writeBytes(sql.getBytes(StandardCharsets.UTF_8));
    }

    @TearDown
    public void release() {
        text.release();
    }

    @Benchmark
    public SessionEffects scan() {
        return scanner.scan(text, 0, text.writerIndex(), TextForm.STANDARD);
    }
}
