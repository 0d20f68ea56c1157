package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.config.StatePolicy;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The statement without a name is what the last message has left that the server has obeyed, whatever failed ahead of it, and
 * however late the client hears of that. Each story is told straight to PostgreSQL and through the pooler, where another client
 * has its own on the same server meanwhile.
 */
@Tag("once")
@OnEveryPostgres
class UnnamedStatementIT {
    private static final int RANDOM_STORIES = 20;
    /** Longer than what is kept of statements that may come back. */
    private static final int LONG = 20_000;

    /** Longer than what is kept of any statement. */
    private static final int VERY_LONG = 1_100_000;

    private final TestPostgres postgres;

    UnnamedStatementIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** What a client's servers may be, and what happens to them or to the client's bytes. */
    private enum Pool {
        ONE_SERVER(1),
        SEVERAL_SERVERS(3),
        ONE_STATEMENT_EACH(2),
        SESSIONS(2),
        STATEMENTS(1),
        UNREAD(1),
        PIECES(1),
        RECONNECTS(2),
        RELOADS(2);

        private final int servers;

        Pool(int servers) {
            this.servers = servers;
        }

        TestPooler start(TestPostgres postgres) {
            return TestPooler.start(postgres, servers, this::set);
        }

        private void set(DatabaseBuilder db) {
            switch (this) {
                case ONE_STATEMENT_EACH -> db.maxPreparedStatements(1);
                case SESSIONS -> db.mode(PoolMode.SESSION);
                case STATEMENTS -> db.mode(PoolMode.STATEMENT);
                case UNREAD -> policies(db, StatePolicy.IGNORE);
                default -> {}
            }
        }

        /** While the client rests, another one has its own statement, and what else may happen does. */
        void atRest(TestPooler pooler, TestPostgres postgres, WireClient other, Random random) {
            other.parse("", "SELECT 'other'").sync().exchange();
            switch (this) {
                case SEVERAL_SERVERS ->
                    other.query(random.nextBoolean() ? "BEGIN" : "ROLLBACK").exchange();
                case RECONNECTS -> pooler.pool().reconnect();
                case RELOADS ->
                    pooler.pool()
                            .reload(PgPool.builder()
                                    .listen("127.0.0.1", 0)
                                    .clientAuthentication(ClientAuthentication.TRUST)
                                    .eventLoops(1)
                                    .database(
                                            TestPostgres.DATABASE,
                                            db -> TestPooler.at(db, postgres)
                                                    .connectQuery("SELECT " + random.nextInt(2))
                                                    .maxConnections(1 + random.nextInt(3)))
                                    .config());
                default -> {}
            }
        }

        void send(WireClient client, Random random) {
            if (this != PIECES) {
                client.send();
                return;
            }
            byte[] bytes = client.takeQueued();
            for (int from = 0; from < bytes.length; ) {
                int to = Math.min(bytes.length, from + 1 + random.nextInt(random.nextBoolean() ? 8 : 8_000));
                client.sendRaw(bytes, from, to);
                from = to;
            }
        }
    }

    private static void policies(DatabaseBuilder db, StatePolicy policy) {
        for (SessionState state : SessionState.values()) {
            db.sessionState(state, policy);
        }
    }

    /**
     * {@code P=a} parses it (with a capital letter one that is long, with a digit one that is very long), {@code F} too, with an error in the text, {@code B} runs it,
     * {@code D} asks what it is, {@code C} closes it, {@code X} fails for another reason, {@code Q} is a simple Query, {@code S} a
     * Sync, {@code R} and {@code K} parse and query what the pooler refuses; at a bar the client waits for all answers.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // a batch that fails has no say in what a later one parses
                "P=a S X P=b S Q P=c | B S |",
                "P=a S X P=b S P=c | B S |",
                "F S P=a | B S |",
                "X F S P=a | B S |",
                "P=a S F S Q P=b | D B S |",
                // what it would have replaced is there again
                "P=a S X P=b S | B S |",
                "P=a S | X P=b S | B S |",
                "P=a S X P=b P=c S | B S |",
                "P=a S X C S | B S |",
                "P=a S X P=b C P=c S X P=d S | B S |",
                "P=a S P=b X P=c S X P=d S | B S |",
                // there is none
                "P=a S F S X P=b S | B S |",
                "P=a F P=b S X P=c S | B S |",
                "P=a S C S X P=b S | B S |",
                "P=a S Q X P=b S | B S |",
                "F S X P=a S X C S | B S |",
                // found out in the middle of a batch
                "P=a S X P=b S P=c B | B X | P=d S | B S |",
                // long ones
                "P=A S X P=b S P=c | B S |",
                "P=a S X P=B P=C P=D C S P=E P=F | B S |",
                "P=A S | X P=B S | B S |",
                "X P=a S P=b | F | P=c S | B S |",
                "P=a S X P=A Q P=B Q P=C S | B S |",
                "P=A Q P=B Q P=C B Q P=D S | B S |",
                // queries where there is none
                "X Q P=a S | B S |",
                "P=a S X C Q S | B S |",
                "P=a S X C S X Q S | B S |",
                "P=a S X C S Q X P=b S | B S |"
            })
    void isWhatWasObeyedLast(String story) {
        assertSame(Pool.ONE_SERVER, List.of(story), 0);
    }

    /** A server that is the client's own has it, however long it is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "P=1 S | X P=b S | B S |",
                "P=1 S X P=b S | B S |",
                "P=1 S X C S | B S |",
                "P=1 S X Q S | B S |",
                "P=1 S X P=2 S | B S |",
                "P=a S X P=1 S | B S |",
                "P=1 S X P=b C P=c S X P=d S | B S |"
            })
    void aVeryLongOneIsNotLost(String story) {
        assertSame(Pool.SESSIONS, List.of(story), 0);
    }

    @ParameterizedTest
    @EnumSource
    void isWhatWasObeyedLastInRandomStories(Pool pool) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<String> stories = new ArrayList<>();
        for (int i = 0; i < RANDOM_STORIES; i++) {
            stories.add(random(random));
        }
        assertSame(pool, stories, seed);
    }

    /** What the pooler refuses is as if PostgreSQL had found an error in it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "P=a S R S | B S |",
                "P=a S R B S | B S |",
                "P=a S X R S P=b S | B S |",
                "P=a S X R S | B S |",
                "P=a S R S X P=b S | B S |",
                "P=a S K | B S |",
                "P=a S K X P=b S | B S |",
                "P=a S X R C S X P=c S | B S |",
                "R S P=a S X R S | B S |",
                "P=A S X R S | B S |"
            })
    void whatIsRefusedLeavesWhatPostgresWould(String story) {
        List<String> straight = straight(client -> tell(story, client, "SELEC", WireClient::send, () -> {}));
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> policies(db, StatePolicy.REJECT));
                WireClient client = pooler.login()) {
            List<String> pooled = tell(story, client, "SET work_mem = '7MB'", WireClient::send, () -> {});
            assertThat(withoutReasons(pooled)).isEqualTo(withoutReasons(straight));
        }
    }

    private static List<String> withoutReasons(List<String> lines) {
        return lines.stream()
                .map(line -> line.startsWith("ErrorResponse") ? "ErrorResponse" : line)
                .toList();
    }

    /** Whatever it is about: what it may have to wait for must not make it run. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "EXECUTE s",
                "DEALLOCATE s",
                "DEALLOCATE ALL",
                "DISCARD ALL",
                "PREPARE s AS SELECT 2",
                "SELECT name FROM pg_prepared_statements"
            })
    void aQueryBehindAFailedMessageIsSkipped(String query) {
        assertSame(client -> queryBehindAFailure(client, query));
    }

    private static List<String> queryBehindAFailure(WireClient client, String query) {
        client.parse("s", "SELECT 's'").parse("", "SELECT 'z'").sync().exchange();
        List<String> lines = new ArrayList<>();
        client.bind("nothing").query(query).parse("", "SELECT 'b'").bind("").execute();
        lines.addAll(client.sync().send().readUntilReady());
        lines.addAll(client.bind("").execute().sync().send().readUntilReady());
        client.query("BEGIN").send().readUntilReady();
        client.query("SELECT 1 / 0").send().readUntilReady();
        lines.addAll(client.bind("s").query("ROLLBACK; " + query).sync().send().readUntilReady());
        lines.addAll(client.query("ROLLBACK").send().readUntilReady());
        lines.addAll(client.bind("s").execute().sync().send().readUntilReady());
        return lines;
    }

    /** The Close of a statement that the server keeps for others is one of these; drivers send it without a Sync of its own. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "DEALLOCATE ALL",
                "DISCARD ALL",
                "EXECUTE kept",
                "SELECT name FROM pg_prepared_statements WHERE name <> ''"
            })
    void nothingWaitsForWhatThePoolerAnswersItself(String query) {
        assertSame(client -> behindAClose(client, query));
    }

    private static List<String> behindAClose(WireClient client, String query) {
        client.parse("s", "SELECT 's'").parse("t", "SELECT 't'").parse("kept", "SELECT 'kept'");
        client.parse("", "SELECT '" + text('A') + "'").sync().exchange();
        List<String> lines = new ArrayList<>();
        client.closeStatement("s").parse("", "SELECT 'b'").bind("").execute().sync();
        lines.addAll(client.exchange());
        client.parse("", "SELECT '" + text('B') + "'").sync().exchange();
        lines.addAll(client.closeStatement("t").closeStatement("").sync().exchange());
        lines.addAll(client.closeStatement("s").query(query).sync().exchange());
        lines.addAll(client.parse("s", "SELECT 1").sync().exchange());
        lines.addAll(client.closeStatement("s").query(query).exchange());
        return lines;
    }

    /** It has dropped the unnamed one by then, although it does not come to anything. */
    @ParameterizedTest
    @ValueSource(strings = {"EXECUTE s", "EXECUTE s; SELECT 1", "EXECUTE s; DEALLOCATE s", "SELECT 1; EXECUTE s"})
    void aQueryOfAStatementWhoseTableIsGoneLeavesNone(String query) {
        String table = TestPostgres.uniqueName("gone");
        assertSame(client -> {
            client.run("CREATE TABLE " + table + " (i int)");
            client.parse("s", "SELECT * FROM " + table).sync().exchange();
            client.run("DROP TABLE " + table);
            client.parse("", "SELECT 'z'").sync().exchange();
            List<String> lines = new ArrayList<>();
            lines.addAll(codes(client.query(query).send().readUntilReady()));
            lines.addAll(codes(client.bind("").execute().sync().send().readUntilReady()));
            return lines;
        });
    }

    /** Of answers that say the same, the last one and the errors. */
    private static List<String> codes(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("ErrorResponse") || line.startsWith("ReadyForQuery"))
                .map(line -> line.replaceAll(".* C (\"\\w+\").*", "error $1"))
                .toList();
    }

    @Test
    void whatTheObeyedOneDoesToTheSessionIsSeen() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            String normal = other.value("SHOW work_mem");
            client.parse("late", "SELECT 1 / (SELECT 0 FROM pg_sleep(0.3))")
                    .sync()
                    .exchange();
            client.parse("", "SET work_mem = '7MB'").flush().bind("late").execute();
            client.parse("", "SELECT 'skipped'").sync().send();
            assertThat(client.read(1)).containsExactly("ParseComplete");
            client.bind("").execute().sync().send();
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("22012"));
            assertThat(client.readUntilReady()).contains("CommandComplete \"SET\"");
            assertThat(other.value("SHOW work_mem")).isEqualTo(normal);
        }
    }

    @Test
    void whatAVeryLongOneWouldDoIsNothingWhenItIsSkipped() {
        byte[] parse = Frontend.parse("", "SELECT '" + "x".repeat(2_000_000) + "'");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            String normal = other.value("SHOW work_mem");
            client.parse("", "SET work_mem = '7MB'").sync().exchange();
            client.bind("nothing").send();
            client.sendRaw(parse, 0, parse.length / 2);
            assertThat(client.read(1)).singleElement().asString().contains("26000");
            client.sendRaw(parse, parse.length / 2, parse.length);
            client.sync().send().readUntilReady();
            assertThat(client.bind("").execute().sync().send().readUntilReady()).contains("CommandComplete \"SET\"");
            assertThat(other.value("SHOW work_mem")).isEqualTo(normal);
        }
    }

    private static String random(Random random) {
        String[] acts = {"P=", "P=", "P=", "F", "B", "B", "D", "C", "X", "X"};
        List<String> story = new ArrayList<>();
        int batches = 2 + random.nextInt(5);
        for (int batch = 0; batch < batches; batch++) {
            if (random.nextInt(5) == 0) {
                story.add("Q");
            }
            int messages = random.nextInt(5);
            for (int i = 0; i < messages; i++) {
                String act = acts[random.nextInt(acts.length)];
                story.add(
                        act.equals("P=")
                                ? act + (char) ((random.nextInt(8) == 0 ? 'A' : 'a') + random.nextInt(26))
                                : act);
                if (random.nextInt(6) == 0) {
                    story.add("|");
                }
            }
            story.add("S");
            if (random.nextInt(3) == 0) {
                story.add("|");
            }
        }
        return String.join(" ", story) + " B S |";
    }

    private List<String> straight(Function<WireClient, List<String>> conversation) {
        try (WireClient client = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            return conversation.apply(client);
        }
    }

    private void assertSame(Function<WireClient, List<String>> conversation) {
        List<String> straight = straight(conversation);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(conversation.apply(client)).isEqualTo(straight);
        }
    }

    private void assertSame(Pool pool, List<String> stories, long seed) {
        Random random = new Random(seed);
        try (TestPooler pooler = pool.start(postgres);
                WireClient other = pooler.login()) {
            for (String story : stories) {
                List<String> straight = straight(client -> tell(story, client, "", WireClient::send, () -> {}));
                try (WireClient client = pooler.login()) {
                    List<String> pooled = tell(
                            story,
                            client,
                            "",
                            c -> pool.send(c, random),
                            () -> pool.atRest(pooler, postgres, other, random));
                    assertThat(pooled).as("%s, seed %d", story, seed).isEqualTo(straight);
                }
            }
        }
    }

    private static String text(char letter) {
        int length = Character.isDigit(letter) ? VERY_LONG : Character.isUpperCase(letter) ? LONG : 1;
        return String.valueOf(letter).repeat(length);
    }

    private static List<String> tell(
            String story, WireClient client, String refused, Consumer<WireClient> send, Runnable atRest) {
        List<String> lines = new ArrayList<>();
        int owed = 0;
        boolean resting = true;
        boolean skipped = false;
        for (String act : story.split(" ")) {
            boolean ends = act.equals("S") || ("QK".contains(act) && !skipped);
            switch (act.charAt(0)) {
                case 'P' -> client.parse("", "SELECT '" + text(act.charAt(2)) + "'");
                case 'F' -> client.parse("", "SELEC");
                case 'B' -> client.bind("").execute();
                case 'D' -> client.describeStatement("");
                case 'C' -> client.closeStatement("");
                case 'X' -> client.bind("nothing");
                case 'R' -> client.parse("", refused);
                case 'K' -> client.query(refused);
                case 'Q' -> client.query("SELECT 'query'");
                case 'S' -> client.sync();
                default -> {
                    send.accept(resting ? client : client.flush());
                    for (; owed > 0; owed--) {
                        lines.addAll(client.readUntilReady());
                    }
                    if (resting) {
                        atRest.run();
                    }
                    continue;
                }
            }
            owed += ends ? 1 : 0;
            resting = ends;
            skipped = !ends && (skipped || "FXR".contains(act));
        }
        return lines;
    }
}
