package dev.pgpool.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The benchmarks do what they say: one round of each. */
class EmbeddedLinkTest {

    @Test
    void aSimpleQueryPassesUnchangedAndTheServerIsGivenBack() {
        RelayBenchmark relay = new RelayBenchmark();
        relay.rows = 3;
        relay.fill();

        int query = 5 + 53;
        int reply = 5 + 27 + 3 * (5 + 60) + 5 + 9 + 5 + 1;
        assertThat(relay.transaction()).isEqualTo(query + reply);

        relay.close();
    }

    @Test
    void aBindCarriesTheServersNameAndAParseIsTheClientsOwn() {
        StatementRewriterBenchmark rewriter = new StatementRewriterBenchmark();
        rewriter.prepare();

        int bind = 5 + 15 + 5 + 5 + 5;
        int bindReply = 5 + 5 + 14 + 5 + 9 + 5 + 1;
        assertThat(rewriter.bindNamed()).isGreaterThan(bind + bindReply);
        int closeParseAndSync = 5 + 2 + 5 + 2 + 53 + 6 + 5;
        int parsedClosedAndReady = 5 + 5 + 6;
        assertThat(rewriter.parseAndClose()).isGreaterThan(closeParseAndSync + parsedClosedAndReady);

        rewriter.close();
    }

    @Test
    void anIdleServerIsTakenAtOnce() {
        PoolLaneBenchmark lane = new PoolLaneBenchmark();
        lane.giveServer();

        assertThat(lane.acquireAndRelease()).isSameAs(lane.acquireAndRelease());

        lane.close();
    }

    @Test
    void aReadOfRowsIsOneRun() {
        MessageScanBenchmark scan = new MessageScanBenchmark();
        scan.rowBytes = 20;
        scan.fill();

        assertThat(scan.forwarded()).isEqualTo(100 * 25);

        scan.release();
    }
}
