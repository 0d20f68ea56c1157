package dev.pgpool.benchmarks;

import io.netty.buffer.ByteBuf;
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

/** One transaction of the extended protocol through the link, with statement names rewritten and replies faked. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StatementRewriterBenchmark {
    private static final String SQL = "SELECT abalance FROM pgbench_accounts WHERE aid = $1";
    private static final String BIND = "~~~~~~~~~~";

    private final EmbeddedLink link = new EmbeddedLink();
    private final ByteBuf bindNamed = new Messages()
            .add('B', "~S_1" + BIND)
            .add('E', "~~~~~")
            .add('S', "")
            .done();
    private final ByteBuf bindReply = new Messages()
            .add('2', "")
            .add('D', 14, 1)
            .add('C', "SELECT 1~")
            .add('Z', "I")
            .done();
    private final ByteBuf parseAndClose = new Messages()
            .add('P', "S_2~" + SQL + "~~~")
            .add('C', "SS_2~")
            .add('S', "")
            .done();
    private final ByteBuf onlyReady = new Messages().add('Z', "I").done();

    /** The client and the server know the statement already. */
    @Setup
    public void prepare() {
        ByteBuf parse =
                new Messages().add('P', "S_1~" + SQL + "~~~").add('S', "").done();
        ByteBuf reply = new Messages().add('1', "").add('Z', "I").done();
        link.fromClient(parse);
        link.fromServer(reply);
        parse.release();
        reply.release();
    }

    @TearDown
    public void close() {
        link.close();
        bindNamed.release();
        bindReply.release();
        parseAndClose.release();
        onlyReady.release();
    }

    /** Bind, Execute, Sync of a named statement: only the name in the Bind changes. */
    @Benchmark
    public int bindNamed() {
        return transaction(bindNamed, bindReply);
    }

    /** Parse of a text that the server has under another name, and Close: the server hears only the Sync. */
    @Benchmark
    public int parseKnownAndClose() {
        return transaction(parseAndClose, onlyReady);
    }

    private int transaction(ByteBuf request, ByteBuf reply) {
        int bytes = link.fromClient(request) + link.fromServer(reply);
        if (link.isLinked()) {
            throw new IllegalStateException("the server was not given back");
        }
        return bytes;
    }
}
