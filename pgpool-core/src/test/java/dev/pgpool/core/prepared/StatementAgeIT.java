package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A prepared statement means what it would mean on a server of the client's own, whatever others prepared before, whatever
 * became of the tables since, and whichever server it runs on. Each story is told twice, straight to PostgreSQL and
 * through the pooler, and compared line by line; through the pooler another client takes servers away at random.
 */
@Tag("once")
@OnEveryPostgres
class StatementAgeIT {
    /** Type of the column before and after, a value that the two read differently, and how the column is converted. */
    private static final List<String> CHANGES = List.of(
            "timestamp | timestamptz | 2020-01-01 00:00+05 | ts AT TIME ZONE 'UTC'",
            "timestamptz | timestamp | 2020-01-01 00:00+05 | ts AT TIME ZONE 'UTC'",
            "int | bigint | 3000000000 | ts",
            "smallint | int | 70000 | ts",
            "bigint | numeric | 0.5 | ts",
            "date | timestamp | 2020-01-01 10:00 | ts",
            "int | text | seven | ts::text",
            "text | int | 7 | ts::int",
            "int | jsonb | {\"a\": 1} | to_jsonb(ts)",
            "varchar(3) | text | longer than three | ts",
            "numeric(3) | numeric(9,2) | 12345.67 | ts",
            "real | float8 | 0.1 | ts",
            "int | int[] | {1,2} | ARRAY[ts]");

    private static final List<String> TEXTS = List.of(
            "INSERT INTO t VALUES ($1)",
            "INSERT INTO t (ts) SELECT $1 RETURNING *",
            "UPDATE t SET ts = $1",
            "SELECT count(*) FROM t WHERE ts = $1",
            "SELECT *, $1::text FROM t");

    /**
     * Steps of the clients A, B and C: {@code P} prepares a name, {@code R} runs it and asks for its rows' description, {@code
     * B} runs it without, {@code D} asks for its own, {@code C} closes it, {@code Q} is a simple Query. A plus says that
     * more of the same batch follows. {@code DDL} alone comes from outside of the pooler.
     */
    private static final List<String> STORIES = List.of(
            // another client prepared it before, and a newcomer is right, outside and inside of a transaction
            "A P s; A R s; DDL; B P s; B R s; B B s; B R s",
            "A P s; A R s; DDL; B Q BEGIN; B P s; B R s; B Q COMMIT; B R s",
            "A P s; A R s; C P u; C R u; DDL; B Q BEGIN ISOLATION LEVEL REPEATABLE READ; B Q SELECT 1; B P s; B R s;"
                    + " B Q COMMIT; B R s",
            "A P s; DDL; A P u; A R u; B P v; B R v; A R u",
            "A P s; A R s; DDL; A C s; A P s; A R s; A R s",
            "A P s; DDL; A C s; A P s; B P s; B C s; A R s; B P s; B D s; B R s",
            // one and the same batch
            "A P s; A R s; DDL; B + P s; B + B s; B + C s; B + P s; B R s",
            "A P s; A R s; DDL; B + P s; B + D s; B R s; B R s",
            // an error between
            "A P s; DDL; B Q BEGIN; B Q SELECT 1/0; B P s; B Q ROLLBACK; B P s; B R s",
            "A P s; DDL; B + P nothing; B + B nowhere; B + P s; B R s; B P s; B R s",
            // the change is a client's own, and not yet all clients'
            "C P s; C R s; A Q BEGIN; A Q DDL; A P s; A R s; A Q COMMIT; B P s; B R s; A R s",
            "A Q BEGIN; A Q DDL; A P s; A Q COMMIT; A R s; A R s; B P s; B R s",
            "C P s; A + Q DDL; A P s; A R s; A R s",
            // no change at all, in the end
            "A Q BEGIN; A Q DDL; A P s; A R s; A Q ROLLBACK; B P s; B R s; B R s",
            "C P s; A Q BEGIN; A Q DDL; A P s; A Q ROLLBACK; C R s; B P s; B R s; C R s",
            // two at once
            "C P s; A Q BEGIN; A Q SAVEPOINT a; A Q DDL; A P s; A Q ROLLBACK TO a; B P s; B R s; A Q COMMIT; B R s; C R s");

    /** Who prepared it before keeps the parameters that it had then, wherever it runs, asked for or not. */
    private static final List<String> KEPT_STORIES = List.of(
            "A P s; DDL; A B s; A B s; A B s; A B s",
            "A P s; A D s; DDL; A B s; B P s; B B s; A B s; A B s; B B s",
            "A P s; B P s; A B s; B B s; DDL; C P s; C B s; A B s; B B s; C B s; A B s; B Q BEGIN; B B s; B Q ROLLBACK",
            "A + P s; A B s; DDL; B P s; A Q BEGIN; A B s; A Q ROLLBACK; A B s; B B s; A B s",
            "A Q BEGIN; A P s; A Q COMMIT; A B s; DDL; A B s; A Q EXECUTE s('1'); A B s; A B s; B P s; B B s; A B s");

    /** Of one session alone, beside others that must not notice; S and S2 are schemas with a table of another type each. */
    private static final List<String> PRIVATE_STORIES = List.of(
            "A Q BEGIN; A Q CREATE TEMP TABLE t (ts int); A P s; A R s=7; A Q DROP TABLE t; A Q CREATE TEMP TABLE t (ts bigint);"
                    + " A P v; A R v; A R v=9; A Q ROLLBACK; B P s; B R s; A P w; A R w; A C v; A P v; A R v=2",
            "A Q BEGIN; A Q CREATE TEMP TABLE t (ts int); A P s; A R s=7; A Q DROP TABLE t; A Q CREATE TEMP TABLE t (ts text);"
                    + " A P v; A R v; A R s=8; A Q ROLLBACK; B P s; B R s",
            "A Q BEGIN; A + Q CREATE TEMP TABLE t (ts int); A + P s; A R s=7; A + Q DROP TABLE t;"
                    + " A + Q CREATE TEMP TABLE t (ts bigint); A + P v; A R v; A + C s; A + P s; A R s; A Q COMMIT; A R s; A R v",
            "A Q BEGIN; A Q SET search_path = S; A P s; A R s=7; A Q SET search_path = S2; A P v; A R v; A R v; A Q ROLLBACK;"
                    + " B P s; B R s=3; A P w; A R w=4",
            "A Q BEGIN; A Q SET LOCAL search_path = S; A P s; A R s=7; A Q SET LOCAL search_path = S2; A P v; A R v; A R s=8;"
                    + " A Q ROLLBACK; B P s; B R s=3",
            "A Q SET search_path = S; A P s; A R s=7; A Q SET search_path = S2; A P v; A R v; A R v; B P s; B R s=3; A R v",
            "A Q BEGIN; A Q SELECT set_config('search_path', 'S2', true); A P s; A R s; A Q SAVEPOINT p;"
                    + " A Q SET SCHEMA 'S'; A P v; A R v=5; A Q ROLLBACK TO p; A P w; A R w; A Q COMMIT; B P s; B R s=3; C P s; C R s=5",
            "C P s; C R s=1; A Q BEGIN; A Q SET LOCAL search_path = S2; A P s; A R s; A Q COMMIT; C R s=2; B P s; B R s=3; C R s=4",
            "A P s; A R s=1; C P s; C R s=2; A Q BEGIN; A Q SET LOCAL search_path TO S2, S; A P v; A R v; A Q COMMIT; C R s=3;"
                    + " A R s=5; C R s=4",
            "C P s; C R s=1; A Q BEGIN; A Q CREATE TEMP TABLE t (ts text) ON COMMIT DROP; A P s; A R s=x; A Q COMMIT; C R s=2;"
                    + " B P s; B R s=3; C R s=4",
            "C P s; A Q BEGIN; A Q CREATE TABLE S3.t (ts text); A Q SET LOCAL search_path = S3; A P s; A R s=x; A Q ROLLBACK;"
                    + " C R s=2; B P s; B R s=3; C R s=4",
            "C P s; C R s=1; A Q DO $$ BEGIN SET LOCAL search_path = S2; END $$; A P s; A R s=2; C R s=2; B P s; B R s=3");

    private static final List<String> PRIVATE_TEXTS = List.of(
            "INSERT INTO t VALUES ($1)",
            "INSERT INTO t VALUES ($1) RETURNING *",
            "SELECT count(*) FROM t WHERE ts::text = $1::text",
            "SELECT pg_typeof(ts), $1 FROM t");

    private final TestPostgres postgres;

    StatementAgeIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<Arguments> changes() {
        return IntStream.range(0, CHANGES.size())
                .boxed()
                .flatMap(change -> Stream.of(1, 4).map(servers -> Arguments.of(CHANGES.get(change), change, servers)));
    }

    /** Each story goes with each change, on one server or on several by turns. */
    private static int turn(int number, int servers) {
        return (number + servers / 4) % 2;
    }

    @ParameterizedTest
    @MethodSource("changes")
    void changedColumnIsWhatItIsForEachClient(String change, int number, int servers) {
        String[] parts = change.split(" \\| ", -1);
        try (TestPooler pooler = TestPooler.start(postgres, servers)) {
            int possible = servers == 1 ? STORIES.size() - 1 : STORIES.size();
            for (int story = turn(number, servers); story < possible; story += 2) {
                Words words = new Words(
                        TEXTS.get((number + story) % TEXTS.size()),
                        parts[2],
                        "CREATE TABLE t (ts " + parts[0] + ")",
                        "ALTER TABLE t ALTER ts TYPE " + parts[1] + " USING " + parts[3]);
                assertSame(STORIES.get(story), words, pooler, servers);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("changes")
    void parametersStayWhatTheyWereForThoseWhoPreparedBefore(String change, int number, int servers) {
        String[] parts = change.split(" \\| ", -1);
        List<String> texts = TEXTS.stream()
                .filter(text -> !text.contains("*,") && !text.contains("RETURNING"))
                .toList();
        try (TestPooler pooler = TestPooler.start(postgres, servers)) {
            for (int story = turn(number, servers); story < KEPT_STORIES.size(); story += 2) {
                Words words = new Words(
                        texts.get((number + story) % texts.size()),
                        parts[2],
                        "CREATE TABLE t (ts " + parts[0] + ")",
                        "ALTER TABLE t ALTER ts TYPE " + parts[1] + " USING " + parts[3]);
                assertSame(KEPT_STORIES.get(story), words, pooler, servers, StatementAgeIT::refusedForWhateverReason);
            }
        }
    }

    static Stream<Arguments> privateStories() {
        return PRIVATE_STORIES.stream().flatMap(story -> Stream.of(1, 4).map(servers -> Arguments.of(story, servers)));
    }

    @ParameterizedTest
    @MethodSource("privateStories")
    void whatIsPrivateToASessionDecidesForItAlone(String story, int servers) {
        for (String text : PRIVATE_TEXTS) {
            try (TestPooler pooler = TestPooler.start(postgres, servers)) {
                Words words =
                        new Words(text, "3000000000", "CREATE TABLE t (ts int); CREATE TABLE S2.t (ts bigint)", "");
                assertSame(story, words, pooler, servers);
            }
        }
    }

    /** What the steps are about. */
    private record Words(String text, String value, String table, String ddl) {}

    private interface Login {
        WireClient to(String schema);
    }

    /** A server that has to parse the statement first may object to that where one that has it objects to the value. */
    private static String refusedForWhateverReason(String line) {
        return line.replaceFirst("^ErrorResponse .* C \"(22P02|42883|42804)\".*", "refused");
    }

    private void assertSame(String story, Words words, TestPooler pooler, int servers) {
        assertSame(story, words, pooler, servers, UnaryOperator.identity());
    }

    private void assertSame(String story, Words words, TestPooler pooler, int servers, UnaryOperator<String> read) {
        List<String> direct = tell(
                story,
                words,
                schema -> WireClient.login(
                        postgres.address(), TestPostgres.USER, TestPostgres.DATABASE, "search_path", schema),
                () -> {});
        List<String> pooled;
        try (WireClient holder = pooler.login()) {
            Random random = new Random(story.hashCode());
            // with one server the clients share it, with several they are moved about
            Runnable disturb = servers == 1
                    ? () -> {}
                    : () -> holder.query(random.nextBoolean() ? "BEGIN" : "ROLLBACK")
                            .exchange();
            pooled = tell(story, words, schema -> pooler.login("search_path", schema), disturb);
        }
        assertThat(pooled.stream().map(read))
                .as(() -> story + " with " + words)
                .containsExactlyElementsOf(direct.stream().map(read).toList());
    }

    private List<String> tell(String story, Words words, Login login, Runnable between) {
        String schema = TestPostgres.uniqueName("story");
        Map<String, WireClient> clients = new HashMap<>();
        List<String> lines = new ArrayList<>();
        try (WireClient outside = WireClient.login(postgres.address(), TestPostgres.SUPERUSER, TestPostgres.DATABASE)) {
            for (String name : List.of(schema, schema + "2", schema + "3")) {
                outside.run("CREATE SCHEMA " + name + " AUTHORIZATION " + TestPostgres.USER);
            }
            outside.run("SET search_path = " + schema)
                    .run("SET ROLE " + TestPostgres.USER)
                    .run(words.table.replaceAll("\\bS(\\d?)\\b", schema + "$1"));
            for (String raw : story.split(";(?! END)")) {
                lines.add(raw);
                String step = raw.replaceAll("\\bS(\\d?)\\b", schema + "$1");
                String[] said = step.strip().split(" ", 2);
                if (said[0].equals("DDL")) {
                    outside.run(words.ddl);
                    continue;
                }
                WireClient client = clients.computeIfAbsent(said[0], name -> login.to(schema));
                boolean more = said[1].startsWith("+ ");
                say(client, more ? said[1].substring(2) : said[1], more, words);
                if (!more) {
                    between.run();
                    client.exchange().stream()
                            .filter(line -> !line.startsWith("ParameterStatus"))
                            .map(line -> line.replace(schema, "schema"))
                            .forEach(lines::add);
                }
            }
            clients.values().forEach(WireClient::close);
            outside.run("DROP SCHEMA " + schema + "," + schema + "2," + schema + "3 CASCADE");
        } finally {
            clients.values().forEach(WireClient::close);
        }
        return lines;
    }

    private static void say(WireClient client, String act, boolean more, Words words) {
        String[] whatAndValue = act.substring(2).split("(?<=^\\w)=");
        String what = whatAndValue[0];
        String value = whatAndValue.length > 1 ? whatAndValue[1] : words.value;
        switch (act.charAt(0)) {
            case 'P' -> client.parse(what, words.text);
            case 'R' -> client.bind(what, value).describePortal("").execute();
            case 'B' -> client.bind(what, value).execute();
            case 'D' -> client.describeStatement(what);
            case 'C' -> client.closeStatement(what);
            default -> {
                String sql = act.substring(2);
                client.query(sql.equals("DDL") ? words.ddl : sql);
                return;
            }
        }
        if (!more) {
            client.sync();
        }
    }
}
