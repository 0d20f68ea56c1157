package dev.pgpool.core.internal.client;

import static dev.pgpool.core.fixture.Frontend.bind;
import static dev.pgpool.core.fixture.Frontend.close;
import static dev.pgpool.core.fixture.Frontend.copyData;
import static dev.pgpool.core.fixture.Frontend.copyDone;
import static dev.pgpool.core.fixture.Frontend.describe;
import static dev.pgpool.core.fixture.Frontend.execute;
import static dev.pgpool.core.fixture.Frontend.flush;
import static dev.pgpool.core.fixture.Frontend.functionCall;
import static dev.pgpool.core.fixture.Frontend.parse;
import static dev.pgpool.core.fixture.Frontend.query;
import static dev.pgpool.core.fixture.Frontend.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.internal.pool.LaneAccess;
import dev.pgpool.core.internal.server.LoggedIn;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Links by transcript: what a client hears, and what servers heard for it. */
class TransactionTest {

    private static final byte[] ROW = "row".getBytes(StandardCharsets.UTF_8);

    private static List<String> heardBy(Rig rig, int server) {
        List<String> heard = rig.servers.get(server).postgres.heard().stream()
                .map(TransactionTest::withoutSecret)
                .toList();
        rig.servers.get(server).postgres.heard().clear();
        return heard;
    }

    /** Names of the pooler's own have a part that can't be guessed. */
    private static String withoutSecret(String text) {
        return text.replaceAll("pgpool_[0-9a-z]+_", "pgpool_");
    }

    // ---- prepared statements

    @Test
    void secondClientsParseOfATransactionCommandIsAnsweredWithoutTheServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client first = rig.login();
            Rig.Client second = rig.login();
            first.say(parse("a", "COMMIT"), parse("e", "SELECT 1"), sync());
            heardBy(rig, 0);

            List<String> answer = second.say(
                    parse("b", "UPDATE 1"),
                    parse("c", "COMMIT"),
                    parse("d", "SELECT 1"),
                    bind("", "c", List.of()),
                    execute("", 0),
                    sync());

            assertThat(answer)
                    .containsExactly(
                            "ParseComplete",
                            "ParseComplete",
                            "ParseComplete",
                            "BindComplete",
                            "CommandComplete COMMIT",
                            "ReadyForQuery I");
            assertThat(heardBy(rig, 0))
                    .containsExactly(
                            "Parse pgpool_3 UPDATE 1",
                            "Close S pgpool_2",
                            "Parse pgpool_2 SELECT 1",
                            "Bind  pgpool_1",
                            "Execute ",
                            "Sync");
        }
    }

    /** Breakages 6 and 14: Describe and Bind on a server that has never seen the statement. */
    @Test
    void bindOnAnotherServerPreparesFirstAndNobodyHearsOfIt() {
        try (Rig rig = new Rig(2, 10)) {
            Rig.Client holder = rig.login();
            Rig.Client client = rig.login();
            client.say(parse("s1", "SELECT $1"), sync());
            holder.say(query("BEGIN"));

            List<String> answer = client.say(describe('S', "s1"), bind("", "s1", List.of("x")), execute("", 0), sync());

            assertThat(answer)
                    .containsExactly(
                            "ParameterDescription 1",
                            "RowDescription",
                            "BindComplete",
                            "DataRow SELECT $1/x",
                            "CommandComplete SELECT 1",
                            "ReadyForQuery I");
            assertThat(heardBy(rig, 1))
                    .containsExactly(
                            "Parse pgpool_2 SELECT $1", "Describe S pgpool_2", "Bind  pgpool_2", "Execute ", "Sync");
        }
    }

    @Test
    void leastRecentlyUsedStatementMakesRoomAndComesBackOnDemand() {
        try (Rig rig = new Rig(1, 2)) {
            Rig.Client client = rig.login();
            client.say(parse("a", "SELECT 1"), parse("b", "SELECT 2"), sync());
            client.say(bind("", "a", List.of()), execute("", 0), sync());
            heardBy(rig, 0);

            assertThat(client.say(parse("c", "SELECT 3"), sync())).containsExactly("ParseComplete", "ReadyForQuery I");
            assertThat(heardBy(rig, 0)).containsExactly("Parse pgpool_3 SELECT 3", "Close S pgpool_2", "Sync");

            assertThat(client.say(bind("", "b", List.of()), execute("", 0), sync()))
                    .contains("DataRow SELECT 2");
            assertThat(rig.servers.get(0).postgres.statementNames())
                    .map(TransactionTest::withoutSecret)
                    .containsExactly("pgpool_2", "pgpool_3");
        }
    }

    /** Breakage 7: an eviction that the server skipped did not happen. */
    @Test
    void evictionInAFailedPipelineIsTakenBack() {
        try (Rig rig = new Rig(1, 1)) {
            Rig.Client client = rig.login();
            client.say(parse("a", "SELECT 1"), sync());

            assertThat(client.say(execute("no", 0), parse("b", "SELECT 2"), sync()))
                    .containsExactly("ERROR 34000 portal \"no\" does not exist", "ReadyForQuery I");
            assertThat(client.say(bind("", "a", List.of()), execute("", 0), sync()))
                    .containsExactly("BindComplete", "DataRow SELECT 1", "CommandComplete SELECT 1", "ReadyForQuery I");
            assertThat(client.say(bind("", "b", List.of()), sync()))
                    .containsExactly("ERROR 26000 prepared statement \"b\" does not exist", "ReadyForQuery I");
        }
    }

    /** Breakage 5. */
    @Test
    void nameOfAStatementThatFailedIsFree() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            assertThat(client.say(parse("s1", "BAD"), sync()))
                    .containsExactly("ERROR 42601 syntax error at or near \"BAD\"", "ReadyForQuery I");
            assertThat(client.say(parse("s1", "SELECT 1"), sync())).containsExactly("ParseComplete", "ReadyForQuery I");
        }
    }

    @Test
    void takenNameIsRefusedUnderTheClientsOwnName() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(parse("s1", "SELECT 1"), sync());

            assertThat(client.say(parse("s1", "SELECT 2"), sync()))
                    .containsExactly("ERROR 42P05 prepared statement \"s1\" already exists", "ReadyForQuery I");
            assertThat(client.say(bind("", "s1", List.of()), execute("", 0), sync()))
                    .contains("DataRow SELECT 1");
            assertThat(client.say(bind("", "nobody", List.of()), sync()))
                    .containsExactly("ERROR 26000 prepared statement \"nobody\" does not exist", "ReadyForQuery I");
        }
    }

    @Test
    void closeIsAnsweredByUsAndTheNameIsFree() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(parse("s1", "SELECT 1"), sync());
            heardBy(rig, 0);

            assertThat(client.say(
                            close('S', "s1"),
                            parse("s1", "SELECT 2"),
                            bind("", "s1", List.of()),
                            execute("", 0),
                            sync()))
                    .startsWith("CloseComplete", "ParseComplete", "BindComplete", "DataRow SELECT 2");
            assertThat(heardBy(rig, 0)).startsWith("Parse pgpool_2 SELECT 2");
        }
    }

    /** Breakage 8. */
    @Test
    void deallocateAllOfOneClientDoesNotTakeTheStatementsOfAnother() {
        for (String command : List.of("DEALLOCATE ALL", "DISCARD ALL")) {
            try (Rig rig = new Rig(1, 10)) {
                Rig.Client first = rig.login();
                Rig.Client second = rig.login();
                first.say(parse("a", "SELECT 1"), sync());
                second.say(parse("b", "SELECT 1"), sync());

                assertThat(first.say(query(command))).contains("CommandComplete " + command);

                assertThat(second.say(bind("", "b", List.of()), execute("", 0), sync()))
                        .contains("DataRow SELECT 1");
                assertThat(first.say(bind("", "a", List.of()), sync()))
                        .containsExactly("ERROR 26000 prepared statement \"a\" does not exist", "ReadyForQuery I");
            }
        }
    }

    /** Breakage 26. */
    @Test
    void unnamedStatementIsReplayedAndNeverAnothers() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client first = rig.login();
            Rig.Client second = rig.login();
            first.say(parse("", "SELECT 1"), sync());
            second.say(parse("", "SELECT 2"), sync());

            assertThat(first.say(bind("", "", List.of()), execute("", 0), sync()))
                    .containsExactly("BindComplete", "DataRow SELECT 1", "CommandComplete SELECT 1", "ReadyForQuery I");
            Rig.Client third = rig.login();
            assertThat(third.say(bind("", "", List.of()), sync()))
                    .containsExactly("ERROR 26000 unnamed prepared statement does not exist", "ReadyForQuery I");
        }
    }

    // ---- who holds the server

    /** Breakage 1. */
    @Test
    void pipelineOfThreeBatchesKeepsItsServerToTheEnd() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            Rig.Client other = rig.login();
            byte[] batch = RigBytes.join(parse("", "SELECT 1"), bind("", "", List.of()), execute("", 0), sync());
            client.send(batch, batch, batch);
            other.send(query("SELECT 2"));
            client.deliver(Integer.MAX_VALUE);
            other.deliver(Integer.MAX_VALUE);

            rig.settle();

            assertThat(Lines.of(client.received()))
                    .filteredOn("ReadyForQuery I"::equals)
                    .hasSize(3);
            assertThat(Lines.of(other.received())).contains("DataRow SELECT 2");
            assertThat(heardBy(rig, 0).stream().filter("Query SELECT 2"::equals))
                    .hasSize(1);
        }
    }

    /** Breakages 2 and 10: a batch without its Sync yet, and Flush. */
    @Test
    void flushWithoutSyncIsAnsweredAndKeepsTheServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            assertThat(client.say(parse("s", "SELECT 1"), describe('S', "s"), flush()))
                    .containsExactly("ParseComplete", "ParameterDescription 0", "RowDescription");
            Rig.Client other = rig.login();
            other.send(query("SELECT 2"));
            rig.settle();
            assertThat(LaneAccess.waitingCount(rig.lane())).isEqualTo(1);

            assertThat(client.say(bind("", "s", List.of()), execute("", 0), sync()))
                    .endsWith("ReadyForQuery I");
            assertThat(Lines.of(other.received())).contains("DataRow SELECT 2");
        }
    }

    /** Breakage 3. */
    @Test
    void readThatStartsWithASyncAndOpensATransactionKeepsTheServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(parse("", "SELECT 1"));

            assertThat(client.say(sync(), query("BEGIN"))).endsWith("ReadyForQuery T");

            assertThat(LaneAccess.idleCount(rig.lane())).isZero();
            assertThat(client.say(query("COMMIT"))).endsWith("ReadyForQuery I");
            assertThat(LaneAccess.idleCount(rig.lane())).isEqualTo(1);
        }
    }

    /** Breakage 21. */
    @Test
    void functionCallsAreRelayedInAndOutOfTransactions() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            assertThat(client.say(functionCall(1))).containsExactly("FunctionCallResponse", "ReadyForQuery I");
            assertThat(client.say(query("BEGIN"), functionCall(1))).endsWith("FunctionCallResponse", "ReadyForQuery T");
            client.say(query("COMMIT"));
            assertThat(LaneAccess.idleCount(rig.lane())).isEqualTo(1);
        }
    }

    /** Breakage 9. */
    @Test
    void copyDataThatComesAfterTheFailureIsDroppedAndTakesNoServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("COPY IN"));
            assertThat(client.say(copyData("boom".getBytes(StandardCharsets.UTF_8))))
                    .endsWith("ReadyForQuery I");

            for (int i = 0; i < 100; i++) {
                client.send(copyData(ROW));
            }
            assertThat(client.say(copyDone())).isEmpty();

            assertThat(LaneAccess.idleCount(rig.lane())).isEqualTo(1);
            assertThat(client.say(query("SELECT 1"))).contains("DataRow SELECT 1");
        }
    }

    @Test
    void syncDuringACopyIsNotCounted() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(parse("", "COPY IN"), bind("", "", List.of()), execute("", 0), sync());

            assertThat(client.say(copyData(ROW), copyDone(), sync()))
                    .containsExactly("CommandComplete COPY 1", "ReadyForQuery I");
            assertThat(LaneAccess.idleCount(rig.lane())).isEqualTo(1);
        }
    }

    // ---- settings

    @Test
    void settingsFollowTheirClientWithoutARoundTrip() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client first = rig.login("application_name", "one");
            Rig.Client second = rig.login("application_name", "two");
            assertThat(first.say(query("SHOW application_name"))).contains("DataRow one");
            assertThat(second.say(query("SHOW application_name"))).contains("DataRow two");
            first.say(query("BEGIN"), query("SET application_name lost"), query("ROLLBACK"));
            first.say(query("SET application_name kept"));
            second.say(query("SELECT 1"));
            assertThat(first.say(query("SHOW application_name"))).contains("DataRow kept");
        }
    }

    @Test
    void settingThatTheServerRefusesEndsTheLoginWithTheServersWords() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.connect();

            assertThat(client.say(Frontend.startup(
                            Frontend.PROTOCOL_3_0, "user", "app", "database", "app", "no_such_thing", "1")))
                    .last()
                    .asString()
                    .isEqualTo("FATAL 42704 unrecognized configuration parameter \"no_such_thing\"");
            assertThat(client.isOpen()).isFalse();
            assertThat(rig.login().say(query("SELECT 1"))).contains("DataRow SELECT 1");
        }
    }

    // ---- losses

    /** Breakage 16. */
    @Test
    void fatalErrorInAPipelineIsPassedOnOnce() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            Rig.Server server = rig.servers.get(0);
            server.send(Backend.error("FATAL", "57P01", "terminating connection due to administrator command"));
            server.deliver(Integer.MAX_VALUE);
            server.vanish();

            assertThat(Lines.of(client.received()))
                    .containsExactly("FATAL 57P01 terminating connection due to administrator command");
            assertThat(client.isOpen()).isFalse();
        }
    }

    @Test
    void serverThatDiesInsideARowEndsItsClientWithoutAnotherByte() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            byte[] row = Backend.dataRow("x".repeat(1_000));
            Rig.Server server = rig.servers.get(0);
            server.send(Arrays.copyOf(row, 500));
            server.deliver(Integer.MAX_VALUE);
            server.vanish();

            assertThat(client.received()).isEqualTo(Arrays.copyOf(row, 500));
            assertThat(client.isOpen()).isFalse();
        }
    }

    @Test
    void serverThatDiesBetweenMessagesIsTold() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            rig.servers.get(0).vanish();

            assertThat(Lines.of(client.received())).singleElement().asString().startsWith("FATAL 08006 server closed");
            assertThat(client.isOpen()).isFalse();
        }
    }

    /** Breakages 22 and 27. */
    @Test
    void whatAnIdleServerSaysIsForNobody() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("SELECT 1"));
            Rig.Server server = rig.servers.get(0);
            server.send(
                    Backend.notice("WARNING", "01000", "hm"),
                    Backend.notification(1, "ch", "p"),
                    Backend.parameterStatus("TimeZone", "Asia/Tokyo"));
            rig.settle();
            assertThat(client.say(query("SELECT 1")))
                    .containsExactly(
                            "RowDescription", "DataRow SELECT 1", "CommandComplete SELECT 1", "ReadyForQuery I");
            server.send(Backend.error("FATAL", "57P05", "terminating connection due to idle-session timeout"));
            rig.settle();

            assertThat(server.isOpen()).isFalse();
            assertThat(client.say(query("SELECT 1"))).contains("DataRow SELECT 1");
        }
    }

    // ---- clients that leave in the middle (breakage 15)

    private static void leavesAndTheServerIsReused(byte[]... lastWords) {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(lastWords);
            client.vanish();
            rig.settle();
            rig.servers.get(0).postgres.cancel();
            rig.settle();

            assertThat(LaneAccess.idleCount(rig.lane())).isEqualTo(1);
            assertThat(rig.servers.get(0).postgres.status()).isEqualTo('I');
            assertThat(rig.login().say(query("SELECT 1")))
                    .containsExactly(
                            "RowDescription", "DataRow SELECT 1", "CommandComplete SELECT 1", "ReadyForQuery I");
            assertThat(rig.servers).hasSize(1);
        }
    }

    @Test
    void openTransactionIsRolledBack() {
        leavesAndTheServerIsReused(query("BEGIN"), query("SELECT 1"));
    }

    @Test
    void failedTransactionIsRolledBack() {
        leavesAndTheServerIsReused(query("BEGIN"), query("FAIL"));
    }

    @Test
    void batchWithoutSyncIsEnded() {
        leavesAndTheServerIsReused(parse("s", "SELECT 1"), bind("", "s", List.of()), flush());
    }

    @Test
    void failedBatchWithoutSyncIsEnded() {
        leavesAndTheServerIsReused(parse("s", "BAD"), bind("", "s", List.of()), flush());
    }

    @Test
    void copyInIsFailed() {
        leavesAndTheServerIsReused(query("COPY IN"), copyData(ROW));
        leavesAndTheServerIsReused(query("BEGIN"), query("COPY IN"));
        leavesAndTheServerIsReused(
                parse("", "COPY IN"), bind("", "", List.of()), execute("", 0), flush(), copyData(ROW));
    }

    @Test
    void runningQueryIsWaitedFor() {
        leavesAndTheServerIsReused(query("HANG"));
        leavesAndTheServerIsReused(query("BEGIN"), query("HANG"));
    }

    @Test
    void halfABindClosesTheServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            byte[] half = bind("", "", List.of("x".repeat(100_000)));
            client.say(parse("", "SELECT $1"), Arrays.copyOf(half, 50_000));
            client.vanish();
            rig.settle();

            assertThat(rig.closeReasons).containsExactly(CloseReason.ABANDONED);
            assertThat(rig.login().say(query("SELECT 1"))).contains("DataRow SELECT 1");
        }
    }

    @Test
    void halfASmallBindIsNotSent() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            byte[] half = bind("", "", List.of("x".repeat(1_000)));
            client.say(parse("", "SELECT $1"), Arrays.copyOf(half, 500));
            client.vanish();
            rig.settle();

            assertThat(rig.closeReasons).isEmpty();
            assertThat(rig.login().say(query("SELECT 1"))).contains("DataRow SELECT 1");
        }
    }

    @Test
    void serverThatDoesNotBecomeCleanInTimeIsClosed() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            client.vanish();
            rig.advance(Duration.ofMillis(4_900));
            assertThat(rig.closeReasons).isEmpty();

            rig.advance(Duration.ofMillis(200));

            assertThat(rig.closeReasons).containsExactly(CloseReason.ABANDONED);
        }
    }

    /** Breakage 4: until a cancel request has been dealt with, it could hit the next one's query. */
    @Test
    void serverIsNotGivenAwayWhileACancelIsUnderWay() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("BEGIN"));
            LoggedIn.cancelStarted(rig.servers.get(0).connection);
            client.say(query("COMMIT"));
            Rig.Client other = rig.login();
            assertThat(other.say(query("SELECT 1"))).isEmpty();

            LoggedIn.cancelEnded(rig.servers.get(0).connection);
            rig.settle();

            assertThat(Lines.of(other.received())).contains("DataRow SELECT 1");
        }
    }

    // ---- backpressure

    @Test
    void clientThatDoesNotReadStopsItsServer() {
        try (Rig rig = new Rig(1, 10)) {
            Rig.Client client = rig.login();
            client.say(query("HANG"));
            Rig.Server server = rig.servers.get(0);
            ChannelOutboundBuffer toClient = client.channel.unsafe().outboundBuffer();
            toClient.setUserDefinedWritability(1, false);

            server.send(Backend.dataRow("1"));
            server.deliver(Integer.MAX_VALUE);
            assertThat(server.channel.config().isAutoRead()).isFalse();

            toClient.setUserDefinedWritability(1, true);
            rig.runTasks();
            client.channel.runPendingTasks();
            assertThat(server.channel.config().isAutoRead()).isTrue();
        }
    }
}
