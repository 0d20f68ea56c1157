package dev.pgpool.benchmarks;

import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Walking a read full of rows, as {@link MessageCursor} does it: the time is per message. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MessageScanBenchmark {
    private static final int MESSAGES = 100;

    /** Bytes in each row. */
    @Param({"20", "400"})
    int rowBytes;

    private final MessageCursor cursor = new MessageCursor(PoolerError.SERVER_PROTOCOL_VIOLATION);
    private final ByteBuf rows = ByteBufAllocator.DEFAULT.buffer();

    @Setup
    public void fill() {
        for (int i = 0; i < MESSAGES; i++) {
            rows.writeByte(BackendType.DATA_ROW).writeInt(4 + rowBytes).writeZero(rowBytes);
        }
    }

    @TearDown
    public void release() {
        rows.release();
    }

    /** All messages become one run. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public int forwarded() {
        cursor.feed(rows.retain());
        while (cursor.next()) {
            cursor.forward();
        }
        ByteBuf run = cursor.takeRun();
        cursor.finish(ByteBufAllocator.DEFAULT);
        if (run == null) {
            throw new IllegalStateException("no run");
        }
        int bytes = run.readableBytes();
        run.release();
        return bytes;
    }
}
