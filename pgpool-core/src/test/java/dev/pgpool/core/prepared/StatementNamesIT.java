package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.StatePolicy;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SQL and the extended protocol have one name space for prepared statements. Each conversation is held twice, straight with
 * PostgreSQL and through the pooler, and compared line by line; through the pooler the client is moved from server to
 * server, beside a client that has the same names for other texts.
 */
@Tag("once")
@OnEveryPostgres
class StatementNamesIT {
    private static final String SHOWN =
            "SELECT name, statement, parameter_types, from_sql FROM pg_prepared_statements ORDER BY 1";

    /**
     * {@code P name text}: Parse; {@code B name}: Bind, Describe, Execute; {@code D name}: Describe; {@code C name}: Close; {@code
     * Q text}: a simple Query; {@code E text}: the unnamed statement from Parse to Execute. A plus: without a Sync.
     */
    static List<String> conversations() {
        String longName = "n".repeat(70);
        return List.of(
                // freed by SQL
                "P a SELECT 1 | Q DEALLOCATE a | B a | P a SELECT 2 | B a | Q DEALLOCATE a | Q DEALLOCATE a",
                "P a SELECT 1 | Q DEALLOCATE PREPARE a | D a | P a SELECT 2 | B a",
                "P a SELECT 1 | Q /* x */ deAllocate \"a\" ; | B a | P prepare SELECT 3 | Q DEALLOCATE prepare | B prepare",
                "P a SELECT 1 | Q DEALLOCATE A | B a | P A SELECT 2 | Q DEALLOCATE A | B A | Q DEALLOCATE \"A\" | B A",
                "P a SELECT 1 | Q DEALLOCATE U&\"\\0061\" | B a | P all SELECT 1 | Q DEALLOCATE \"all\" | B all",
                "P a SELECT 1 | Q DEALLOCATE U&\"!0061\" UESCAPE '!' | B a | P a SELECT 2 | Q EXECUTE U&\"+0061\" UESCAPE '+' | Q EXECUTE U&\"d\\0061\" | B a",
                "P a\"b SELECT 1 | Q DEALLOCATE \"a\"\"b\" | B a\"b | P müßig SELECT 1 | Q DEALLOCATE Müßig | B müßig",
                "P a SELECT 1 | P b SELECT 2 | Q DEALLOCATE a; SELECT 5; DEALLOCATE b | B a | B b",
                "P a SELECT 1 | P b SELECT 2 | Q DEALLOCATE a; DEALLOCATE nothing; DEALLOCATE b | B a | B b | Q DEALLOCATE b | B b",
                "P a SELECT 1 | Q DEALLOCATE a; SELECT 1/0 | B a | P a SELECT 2 | B a",
                "P a SELECT 1 | Q SELECT 1/0; DEALLOCATE a | B a | Q DEALLOCATE a | B a",
                "P " + longName + " SELECT 1 | Q DEALLOCATE " + longName + " | B " + longName,
                // in transactions, which it does not care for
                "P a SELECT 1 | Q BEGIN | B a | Q DEALLOCATE a | Q ROLLBACK | B a | P a SELECT 2 | B a",
                "Q BEGIN | P a SELECT 1 | Q DEALLOCATE a | P a SELECT 2 | B a | Q COMMIT | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q DEALLOCATE a | Q ROLLBACK | B a | Q DEALLOCATE a | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK; DEALLOCATE a | B a",
                "P a SELECT 1 | Q BEGIN | Q SAVEPOINT s | Q DEALLOCATE a | B a | Q ROLLBACK TO s | B a | Q ROLLBACK | P a SELECT 2 | B a",
                // by the extended protocol
                "P a SELECT 1 | E DEALLOCATE a | B a | P a SELECT 2 | E DEALLOCATE PREPARE a | P a SELECT 3 | B a",
                "P d DEALLOCATE a | P a SELECT 1 | B d | B a | P a SELECT 2 | B a | B d | B d | B a | P a SELECT 3 | B a",
                "+P a SELECT 1 | +B a | +E DEALLOCATE a | +P a SELECT 2 | B a | B a",
                "+P a SELECT 1 | +E DEALLOCATE a | +B a | P a SELECT 2 | B a | P a SELECT 3 | B a",
                "P a SELECT 1 | P b SELECT 2 | +E DEALLOCATE a | +E SELECT 1/(random() * 0)::int | E DEALLOCATE b | B a | B b",
                "P a SELECT 1 | +Q DEALLOCATE a | +P a SELECT 2 | B a | +Q DEALLOCATE a | +Q SELECT 5 | B a",
                "P a SELECT 1 | +E DEALLOCATE a | +C a | +P a SELECT 4 | B a | C a | Q DEALLOCATE a",
                "P a SELECT 1 | Q DEALLOCATE ALL | Q DEALLOCATE a | B a | P a SELECT 2 | Q DISCARD ALL | B a | Q DEALLOCATE a",
                "P a SELECT 1 | +E DEALLOCATE ALL | +P a SELECT 2 | B a | B a | Q EXECUTE a",
                "P a SELECT 1 | +E DISCARD ALL | P a SELECT 2 | B a | P x DEALLOCATE PREPARE ALL | +B x | +B a | P a SELECT 3 | B a",
                "P a SELECT 1 | +P x DEALLOCATE ALL | +B x | +D a | B a | +E DEALLOCATE ALL | +C a | +P a SELECT 3 | B a",
                "P a SELECT 1 | +Q DEALLOCATE ALL | +P a SELECT 2 | B a | +E DEALLOCATE ALL | +E SELECT 1/(random() * 0)::int | P a SELECT 3 | P a SELECT 4 | B a",
                // run by SQL
                "P a SELECT 1 | Q EXECUTE a | B a | Q EXECUTE a | C a | Q EXECUTE a | P a SELECT 2 | Q EXECUTE a | B a",
                "P a SELECT $1::int + 1 | Q EXECUTE a(5) | Q EXECUTE a | Q EXECUTE a('x') | Q EXECUTE \"a\" (7)",
                "P a SELECT 7 AS n | Q EXPLAIN (COSTS OFF) EXECUTE a | Q explain analyze verbose execute nothing",
                "P a SELECT 7 AS n | Q BEGIN | Q CREATE TEMP TABLE made ON COMMIT DROP AS EXECUTE a | Q SELECT * FROM made | Q COMMIT | B a",
                "P a SELECT 1 | E EXECUTE a | B a | E EXECUTE a | E EXPLAIN (COSTS OFF) EXECUTE a | C a | E EXECUTE a",
                "P a SELECT 1, 2 | P x EXECUTE a | D x | B x | B x | C a | B x | P a SELECT 3, 4 | B x | Q EXECUTE a",
                "P a SELECT 1 | Q BEGIN | Q EXECUTE a | Q SELECT 1/0 | Q EXECUTE a | Q ROLLBACK | Q EXECUTE a | B a",
                "P a SELECT 1 | +Q EXECUTE a | +Q SELECT 5 | +P b SELECT 6 | +B b | Q EXECUTE a | B b",
                "P a SELECT 1 | Q EXECUTE a; DEALLOCATE a; EXECUTE a | B a",
                "Q CREATE TEMP TABLE gone AS SELECT 1 | P a SELECT * FROM gone | Q DROP TABLE gone | Q EXECUTE a | Q SELECT 2 | Q DEALLOCATE a | B a",
                "Q CREATE TEMP TABLE gone AS SELECT 1 | P a SELECT * FROM gone | Q BEGIN | Q DROP TABLE gone | +Q EXECUTE a | Q SELECT 2 | Q ROLLBACK"
                        + " | Q EXECUTE a | Q DISCARD TEMP",
                "P d DEALLOCATE a | P a SELECT 1 | Q EXECUTE d | B a | P a SELECT 2 | P x EXECUTE d | Q EXECUTE x | B a | P a SELECT 3 | B a",
                "P p PREPARE a AS SELECT 1 | Q EXECUTE p | P a SELECT 2 | B a | Q EXECUTE p | Q DEALLOCATE a | B a | P a SELECT 2 | Q EXECUTE p | B a",
                "P p SET search_path = pg_catalog, public | Q EXECUTE p | Q SHOW search_path | P r RESET search_path | Q EXECUTE r | Q SHOW search_path",
                // behind the end of a failed transaction, in one Query or one batch
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK; EXECUTE a | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q COMMIT; EXECUTE a; DEALLOCATE a | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q /* ; */ end /* ; */ work ; SELECT 5; EXECUTE a; SELECT 1/0 | B a",
                "P a SELECT 1 | Q BEGIN | Q SAVEPOINT s | Q SELECT 1/0 | Q ROLLBACK TO s; EXECUTE a | Q COMMIT | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK AND CHAIN; EXECUTE a | Q EXECUTE a | Q COMMIT | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK TO nothing; EXECUTE a | Q EXECUTE a | Q ROLLBACK | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK PREPARED 'x'; EXECUTE a | Q ROLLBACK; EXECUTE nothing; EXECUTE a | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | +Q ABORT; EXECUTE a | +Q SELECT 6 | B a | Q ROLLBACK; S | Q S",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK; S | Q BEGIN | Q SELECT 1/0 | +E ROLLBACK | E EXECUTE a | B a",
                "P a SELECT 1 | Q SET TimeZone = 'Asia/Tokyo' | Q BEGIN | Q SELECT 1/0 | Q ROLLBACK; S | Q BEGIN | Q SELECT 1/0 | Q ABORT; S | B a",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | E EXECUTE a | +E ROLLBACK | +P b SELECT 2 | +E EXECUTE b | E EXECUTE a | B a | B b",
                // taken by the protocol, taken by SQL
                "P a SELECT 1 | Q PREPARE a AS SELECT 2 | B a | Q EXECUTE a | Q DEALLOCATE a | Q PREPARE a AS SELECT 3 | Q EXECUTE a | B a",
                "P a SELECT 1 | Q BEGIN | Q PREPARE a AS SELECT 2 | Q ROLLBACK | B a | C a | Q PREPARE a AS SELECT 2 | B a | Q DEALLOCATE a | B a",
                "P a SELECT 1 | E PREPARE a AS SELECT 2 | B a | +E DEALLOCATE a | E PREPARE a AS SELECT 3 | B a | Q DEALLOCATE a | Q EXECUTE a",
                "Q PREPARE a AS SELECT 2 | P a SELECT 1 | B a | Q DEALLOCATE a | P a SELECT 1 | B a | Q EXECUTE a | Q DEALLOCATE a",
                "Q PREPARE b AS SELECT 2 | P a SELECT 1 | Q DEALLOCATE a | P a SELECT 3 | P a SELECT 4 | B a | C a | P a SELECT 5 | B a | Q DEALLOCATE b | B a",
                "Q BEGIN | Q PREPARE a AS SELECT 2 | P a SELECT 1 | Q ROLLBACK | P a SELECT 1 | B a | C a | B a | P a SELECT 3 | B a",
                "+Q PREPARE a AS SELECT 2 | +P a SELECT 1 | B a | C a | +P a SELECT 1 | B a",
                "Q PREPARE a AS SELECT 2 | C a | P a SELECT 1 | B a | Q PREPARE b AS SELECT 1; DEALLOCATE b | B a | Q EXECUTE a",
                "Q PREPARE transaction AS SELECT 2 | P transaction SELECT 1 | B transaction | Q DEALLOCATE transaction | P transaction SELECT 1 | B transaction",
                // shown
                "P a SELECT 1 | P b SELECT $1::int | Q PREPARE c(int) AS SELECT $1 | Q S | Q DEALLOCATE a | Q S | B b | P a SELECT 5 | Q S | Q DEALLOCATE c | Q S",
                "Q S | P a SELECT 1 | E S | C a | Q S | P a SELECT 3 | Q BEGIN | Q S | B a | P b SELECT 4 | Q S | Q DEALLOCATE a | Q S | Q COMMIT | Q S | B b",
                "P a SELECT 1 | P s S | B s | B s | B a | P b SELECT 2 | B s | Q DEALLOCATE ALL | Q S | P a SELECT 1 | Q S",
                "P a SELECT 1 | Q BEGIN | Q SELECT 1/0 | Q S | Q ROLLBACK | Q S | Q SELECT name FROM pg_prepared_statement() ORDER BY 1 | B a",
                // shown by the extended protocol, parsed under what may not be so any more
                "Q CREATE TEMP TABLE tt(i int) | P a SELECT i FROM tt | E S | B a",
                "Q CREATE TEMP TABLE tt(i int) | P s S | P a SELECT i FROM tt | B s | B a | B s",
                "Q SET my.own = 'x' | P a SELECT 1 | E S | Q SET my.own = 'y' | P b SELECT 2 | E S | B a | B b",
                "P s S | P a SELECT 1 | Q SET search_path = pg_catalog | B s | B a | Q RESET search_path | B s",
                "P a SELECT $1::date | Q SET TimeZone = 'Asia/Tokyo' | Q SET DateStyle = 'German' | E S | P b SELECT 2 | E S",
                "Q CREATE TEMP TABLE tt(i int) | P a SELECT i FROM tt | E SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT i FROM tt'",
                "P a SELECT 1 | Q SELECT \"name\" FROM \"pg_catalog\".\"pg_prepared_statements\" | Q SELECT count(*) FROM PG_PREPARED_STATEMENTS");
    }

    private final TestPostgres postgres;

    StatementNamesIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void conversationReadsTheSameWithAndWithoutThePooler(String conversation) {
        List<String> direct = direct(conversation);
        try (TestPooler pooler = TestPooler.start(postgres, 3)) {
            for (int seed = 0; seed < 3; seed++) {
                assertSame(conversation, pooled(conversation, pooler, seed), direct);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void conversationReadsTheSameInASessionPool(String conversation) {
        List<String> direct = direct(conversation);
        try (TestPooler pooler =
                TestPooler.start(postgres, 3, db -> db.mode(PoolMode.SESSION).serverResetQuery(""))) {
            assertSame(conversation, pooled(conversation, pooler, 0), direct);
        }
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void conversationReadsTheSameWhereServersKeepOneStatement(String conversation) {
        List<String> direct = direct(conversation);
        try (TestPooler pooler = TestPooler.start(postgres, 3, db -> db.maxPreparedStatements(1))) {
            assertSame(conversation, pooled(conversation, pooler, 1), direct);
        }
    }

    /** A Sync of ours in the middle of a batch would end its portals, and commit what it has done. */
    @Test
    void whatIsShownBehindAFlushEndsNoBatch() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            String table = TestPostgres.uniqueName("flushed");
            postgres.execute("CREATE TABLE " + table + " (i int)", "GRANT ALL ON " + table + " TO PUBLIC");
            client.parse("a", "SELECT 1").sync().exchange();
            client.run("SET TimeZone = 'Asia/Tokyo'");
            client.parse("", "INSERT INTO " + table + " VALUES (1)").bind("").execute();
            client.parse("", "SELECT generate_series(1, 3)")
                    .bindPortal("p", "")
                    .execute("p", 1)
                    .flush()
                    .send();
            client.readUntil('s');
            List<String> rest = client.parse("", SHOWN)
                    .bind("")
                    .execute()
                    .execute("p", 0)
                    .parse("", "SELECT 1 / 0")
                    .bind("")
                    .execute()
                    .sync()
                    .exchange();
            assertThat(rest).contains("DataRow 1 1 '3'").endsWith("ReadyForQuery I");
            assertThat(postgres.query("SELECT count(*) FROM " + table)).containsExactly("0");
        }
    }

    @Test
    void aQueryBehindABindFindsItsPortal() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            client.parse("a", "SELECT 1").sync().exchange();
            client.parse("", "SELECT generate_series(1, 3)").bindPortal("p", "").flush();
            assertThat(client.send().read(2)).containsExactly("ParseComplete", "BindComplete");
            assertThat(client.query("FETCH ALL FROM p; " + SHOWN).exchange())
                    .contains("DataRow 1 1 '3'")
                    .anyMatch(line -> line.contains("'a'"));
        }
    }

    private static void prepareOneAndOneWhoseTableIsGone(WireClient client) {
        client.run("CREATE TEMP TABLE gone AS SELECT 1");
        client.parse("a", "SELECT 1").parse("b", "SELECT * FROM gone").sync().exchange();
        client.run("DROP TABLE gone");
    }

    @Test
    void whatIsShownTwiceIsShownTheSame() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            prepareOneAndOneWhoseTableIsGone(client);
            client.run("SET TimeZone = 'Asia/Tokyo'");
            List<String> once = client.query(SHOWN).exchange();
            assertThat(once).anyMatch(line -> line.contains("SELECT 1"));
            assertThat(client.query(SHOWN).exchange()).isEqualTo(once);
            assertThat(client.query(SHOWN).exchange()).isEqualTo(once);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void whatIsShownBehindACopyIsOfItsTransaction(int ignoredSyncs) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            String table = TestPostgres.uniqueName("copied");
            postgres.execute("CREATE TABLE " + table + " (i int)", "GRANT ALL ON " + table + " TO PUBLIC");
            client.parse("a", "SELECT 1").sync().exchange();
            client.parse("", "COPY " + table + " FROM STDIN").bind("").execute();
            for (int i = 0; i < ignoredSyncs; i++) {
                client.sync();
            }
            client.flush().send();
            client.readUntil('G');
            client.copyData("1\n").copyDone().flush().send();
            assertThat(client.readUntil('C')).contains("CommandComplete \"COPY 1\"");
            List<String> lines = client.query("SELECT name FROM pg_prepared_statements; SELECT 1 / 0")
                    .send()
                    .readUntilReady();
            assertThat(lines).anyMatch(line -> line.contains("22012"));
            assertThat(postgres.query("SELECT count(*) FROM " + table)).containsExactly("0");
        }
    }

    /** What is shown behind the end of a failed transaction is not in that any more. */
    @Test
    void aStatementWhoseTableIsGoneDoesNotFailTheRestOfAQuery() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            prepareOneAndOneWhoseTableIsGone(client);
            client.run("BEGIN");
            client.query("SELECT 1 / 0").exchange();
            assertThat(client.query("ROLLBACK; " + SHOWN).exchange())
                    .anyMatch(line -> line.contains("'a'"))
                    .noneMatch(line -> line.startsWith("ErrorResponse"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT name FROM pg_prepared_statements; SELECT 1 / 0",
                "SELECT 1 / 0; SELECT name FROM pg_prepared_statements",
                "EXECUTE a; SELECT 1 / 0",
                "DEALLOCATE a; SELECT 1 / 0",
                "DEALLOCATE ALL; SELECT 1 / 0",
                "EXECUTE shows; SELECT 1 / 0",
                "EXECUTE nothing"
            })
    void aQueryBehindAnOpenBatchIsOfItsTransaction(String query) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            String table = TestPostgres.uniqueName("open");
            postgres.execute("CREATE TABLE " + table + " (i int)", "GRANT ALL ON " + table + " TO PUBLIC");
            client.parse("a", "SELECT 1").parse("shows", SHOWN).sync().exchange();
            client.parse("", "INSERT INTO " + table + " VALUES (1)").bind("").execute();
            assertThat(client.query(query).exchange()).anyMatch(line -> line.startsWith("ErrorResponse"));
            assertThat(postgres.query("SELECT count(*) FROM " + table)).containsExactly("0");
        }
    }

    private List<String> direct(String conversation) {
        try (WireClient client = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            return hold(conversation, client, () -> {});
        }
    }

    private static List<String> pooled(String conversation, TestPooler pooler, int seed) {
        Random random = new Random(seed);
        try (WireClient client = pooler.login();
                WireClient holder = pooler.login();
                WireClient namesake = pooler.login()) {
            return hold(conversation, client, () -> {
                for (String name : List.of("a", "b", "prepare")) {
                    namesake.closeStatement(name).parse(name, "SELECT 'of the namesake'");
                }
                assertThat(namesake.bind("a").execute().sync().exchange()).contains("DataRow 1 15 'of the namesake'");
                if (seed > 0) {
                    holder.query(random.nextBoolean() ? "BEGIN" : "ROLLBACK").exchange();
                }
            });
        }
    }

    private static void assertSame(String conversation, List<String> pooled, List<String> direct) {
        assertThat(pooled).as(conversation).isEqualTo(direct);
    }

    private static List<String> hold(String conversation, WireClient client, Runnable between) {
        List<String> lines = new ArrayList<>();
        for (String step : conversation.split(" \\| ")) {
            lines.add(step);
            boolean more = step.startsWith("+");
            String[] words = (more ? step.substring(1) : step).split(" ", 2);
            boolean simple = say(client, words[0], words[1].replaceAll("\\bS$", SHOWN));
            if (!more) {
                (simple ? client : client.sync())
                        .exchange().stream()
                                .filter(line -> !line.startsWith("ParameterStatus"))
                                .forEach(lines::add);
                between.run();
            }
        }
        return lines;
    }

    /** True if it was a simple Query. */
    private static boolean say(WireClient client, String what, String rest) {
        switch (what) {
            case "P" -> {
                String[] nameAndText = rest.split(" ", 2);
                client.parse(nameAndText[0], nameAndText[1]);
            }
            case "B" -> client.bind(rest).describePortal("").execute();
            case "D" -> client.describeStatement(rest);
            case "C" -> client.closeStatement(rest);
            case "E" -> client.parse("", rest).bind("").describePortal("").execute();
            default -> {
                client.query(rest);
                return true;
            }
        }
        return false;
    }

    /** As psycopg before 3.2, psqlODBC and Rails do it: as many as they keep, and the oldest is freed by SQL. */
    @ParameterizedTest
    @ValueSource(strings = {"DEALLOCATE _pg3_%d", "DEALLOCATE \"_pg3_%d\"", "deallocate prepare _pg3_%d;"})
    void aHundredAndFiftyStatementsAndTheOldestIsFreedBySql(String free) {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient holder = pooler.login()) {
            for (int i = 0; i < 150; i++) {
                holder.query(i % 2 == 0 ? "BEGIN" : "ROLLBACK").exchange();
                assertThat(client.parse("_pg3_" + i, "SELECT " + i)
                                .bind("_pg3_" + i)
                                .execute()
                                .sync()
                                .exchange())
                        .contains("CommandComplete \"SELECT 1\"");
                if (i >= 100) {
                    String sql = String.format(free, i - 100);
                    List<String> answers = i % 3 == 0
                            ? client.parse("", sql).bind("").execute().sync().exchange()
                            : client.query(sql).exchange();
                    assertThat(answers)
                            .contains("CommandComplete \"DEALLOCATE\"")
                            .endsWith("ReadyForQuery I");
                }
            }
            assertThat(client.value("SELECT count(*) FROM pg_prepared_statements"))
                    .isEqualTo("100");
        }
    }

    /** What is taken away inside of a block is not told by a tag: all clients' statements on that server. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$",
                "SELECT 1; DO 'BEGIN EXECUTE ''deallocate all''; END'"
            })
    void blockThatTakesAllAwayTakesNothingFromOthers(String block) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient owner = pooler.login();
                WireClient stranger = pooler.login()) {
            owner.parse("a", "SELECT 'mine'").sync().exchange();
            for (int i = 0; i < 3; i++) {
                stranger.run(block);
                assertThat(owner.bind("a").execute().sync().exchange()).contains("DataRow 1 4 'mine'");
            }
        }
    }

    /** A name of the pooler's own can't be guessed: it would reach another client's statement. */
    @ParameterizedTest
    @CsvSource({"pgpool_1", "pgpool_2", "pgpool_3"})
    void statementsOfOthersAreOutOfReach(String guess) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient owner = pooler.login();
                WireClient stranger = pooler.login()) {
            owner.parse("a", "SELECT 'secret'")
                    .parse("b", "SELECT 'secret too'")
                    .parse("c", "SELECT 3")
                    .sync()
                    .exchange();
            assertThat(stranger.bind(guess).sync().exchange().get(0)).contains("C \"26000\"");
            assertThat(stranger.closeStatement(guess).sync().exchange()).startsWith("CloseComplete");
            assertThat(stranger.query("EXECUTE " + guess).exchange().get(0)).contains("C \"26000\"");
            assertThat(stranger.query("DEALLOCATE " + guess).exchange().get(0)).contains("C \"26000\"");
            assertThat(stranger.query(SHOWN).exchange()).noneMatch(line -> line.startsWith("DataRow"));
            assertThat(owner.bind("a")
                            .execute()
                            .bind("b")
                            .execute()
                            .bind("c")
                            .execute()
                            .sync()
                            .exchange())
                    .contains("DataRow 1 6 'secret'", "DataRow 1 10 'secret too'", "DataRow 1 1 '3'");
        }
    }

    /** Names that a client had on its server under its own name are gone for the next one. */
    @Test
    void nextClientMeetsNoName() {
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            for (int round = 0; round < 3; round++) {
                try (WireClient client = pooler.login()) {
                    assertThat(client.bind("a").sync().exchange().get(0)).contains("C \"26000\"");
                    assertThat(client.query("EXECUTE a").exchange().get(0)).contains("C \"26000\"");
                    assertThat(client.query("PREPARE a AS SELECT 1; DEALLOCATE a")
                                    .exchange())
                            .contains("CommandComplete \"PREPARE\"");
                    client.parse("a", "SELECT 'mine'").sync().exchange();
                    client.run("EXECUTE a").run(SHOWN);
                    client.query("SELECT 1/0; DEALLOCATE a").exchange();
                }
            }
        }
    }

    /** Where statements of SQL are not kept for their clients, those of the protocol can be freed all the same. */
    @Test
    void namesAreFreedWhateverThePolicies() {
        for (StatePolicy policy : List.of(StatePolicy.IGNORE, StatePolicy.REJECT)) {
            try (TestPooler pooler = TestPooler.start(postgres, 1, db -> {
                        for (dev.pgpool.core.config.SessionState state : dev.pgpool.core.config.SessionState.values()) {
                            db.sessionState(state, policy);
                        }
                    });
                    WireClient client = pooler.login()) {
                client.parse("a", "SELECT 1").sync().exchange();
                client.run("EXECUTE a").run("DEALLOCATE a");
                assertThat(client.bind("a").sync().exchange().get(0)).contains("C \"26000\"");
            }
        }
    }
}
