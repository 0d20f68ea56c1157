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
    /** The end of the text, and one parameter of type int4. */
    private static final String ONE_INT = "~" + "~\1" + "~~~\27";

    private static final String NAMED = "S_1~SELECT abalance FROM pgbench_accounts WHERE aid = $1";
    private static final String FLEETING = "S_2~SELECT bbalance FROM pgbench_branches WHERE bid = $1";
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
            .add('P', FLEETING + ONE_INT)
            .add('C', "SS_2~")
            .add('S', "")
            .done();
    private final ByteBuf closedAndParsed =
            new Messages().add('3', "").add('1', "").add('Z', "I").done();

    /** The client and the server know the statement already, and the server has the text of the other one. */
    @Setup
    public void prepare() {
        ByteBuf parse = new Messages().add('P', NAMED + ONE_INT).add('S', "").done();
        ByteBuf reply = new Messages().add('1', "").add('Z', "I").done();
        transaction(parse, reply);
        transaction(parseAndClose, reply);
        parse.release();
        reply.release();
    }

    @TearDown
    public void close() {
        link.close();
        bindNamed.release();
        bindReply.release();
        parseAndClose.release();
        closedAndParsed.release();
    }

    /** Bind, Execute, Sync of a named statement: only the name in the Bind changes. */
    @Benchmark
    public int bindNamed() {
        return transaction(bindNamed, bindReply);
    }

    /**
     * A client's own Parse of a text that the server has, and Close: the server parses it anew under the same name, and
     * keeps it.
     */
    @Benchmark
    public int parseAndClose() {
        return transaction(parseAndClose, closedAndParsed);
    }

    private int transaction(ByteBuf request, ByteBuf reply) {
        int bytes = link.fromClient(request) + link.fromServer(reply);
        if (link.isLinked()) {
            throw new IllegalStateException("the server was not given back");
        }
        return bytes;
    }
}
