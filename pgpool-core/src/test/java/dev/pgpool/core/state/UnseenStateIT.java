package dev.pgpool.core.state;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** State that hides: in texts of any length and any number of segments, in spellings, in what no report and no tag tells. */
@Tag("once")
@OnEveryPostgres
class UnseenStateIT {
    private static final String LOCK_TIMEOUT = "SHOW lock_timeout";

    private final TestPostgres postgres;

    UnseenStateIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    // ---- long texts

    private static List<String> fillers() {
        return List.of(
                "SELECT 1; -- " + "x".repeat(1_200_000) + "\n",
                "/* " + "'\"$$ ".repeat(250_000) + "*/",
                "SELECT length('" + "y;".repeat(600_000) + "');",
                "SELECT length($f$" + "'; $$ ".repeat(200_000) + "$f$);",
                "SELECT 1; ".repeat(20_000) + "/*" + " ".repeat(1_000_000) + "*/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET lock_timeout = '9s'",
                "SET SESSION \"lock_timeout\" TO 9000",
                "SELECT set_config('lock_timeout', '9s', false)",
                "SELECT pg_catalog.U&\"set!005fconfig\" UESCAPE '!' ('lock_timeout', '9s', false)",
                "UPDATE pg_settings SET setting = '9000' WHERE name = 'lock_timeout'",
                "DO $$ BEGIN SET lock_timeout = 9000; END $$"
            })
    void settingInALongTextFollowsItsClient(String setting) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            for (String filler : fillers()) {
                for (boolean parsed : new boolean[] {false, true}) {
                    if (parsed && filler.contains(";")) {
                        continue; // one statement only
                    }
                    for (String sql :
                            parsed ? List.of(filler + setting) : List.of(filler + setting, setting + ";" + filler)) {
                        sendInSegments(client, parsed, sql);
                        assertThat(other.value(LOCK_TIMEOUT))
                                .as(sql.substring(0, 20))
                                .isEqualTo("0");
                        assertThat(client.value(LOCK_TIMEOUT))
                                .as(sql.substring(0, 20))
                                .isEqualTo("9s");
                        client.run("RESET lock_timeout");
                    }
                }
            }
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    /** The first segment ends before the setting, the last one is a few bytes. */
    private static void sendInSegments(WireClient client, boolean parsed, String sql) {
        if (parsed) {
            client.parse("", sql).bind("").execute().sync();
        } else {
            client.query(sql);
        }
        byte[] bytes = client.takeQueued();
        int at = 0;
        for (int size : List.of(1_400, 3, 70_000, 1)) {
            client.sendRaw(bytes, at, at + size);
            at += size;
        }
        client.sendRaw(bytes, at, bytes.length - 4);
        client.sendRaw(bytes, bytes.length - 4, bytes.length);
        assertThat(client.readUntilReady()).noneMatch(line -> line.startsWith("ErrorResponse"));
    }

    /** The server skips the Query as well, and waits for the Sync. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "RESET DateStyle",
                "RESET ALL",
                "DISCARD ALL",
                "SET DateStyle TO DEFAULT",
                "RESET lock_timeout",
                "BEGIN; RESET ALL; COMMIT",
                "SELECT 1"
            })
    void resetBehindAnErrorDoesNotHoldTheSyncBack(String reset) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            for (int round = 0; round < 2; round++) {
                client.bind("unknown").query(reset).sync().send();
                assertThat(client.readUntilReady())
                        .satisfiesExactly(
                                error -> assertThat(error).contains("26000"),
                                ready -> assertThat(ready).isEqualTo("ReadyForQuery I"));
                client.query("SELECT 'goes on'").send();
                assertThat(client.readUntilReady()).anyMatch(row -> row.contains("goes on"));
            }
            assertThat(other.value("SELECT 'has the server'")).isEqualTo("has the server");
        }
    }

    /** Whatever failed, and however long the client keeps its server. */
    @ParameterizedTest
    @EnumSource(
            value = PoolMode.class,
            names = {"TRANSACTION", "SESSION"})
    void resetBehindAnyErrorDoesNotHoldTheSyncBack(PoolMode mode) {
        List<Consumer<WireClient>> failures = List.of(
                client -> client.parse("", "SELEC 1"),
                client -> client.parse("", "SELECT 1/0").bind("").execute(),
                client -> client.describeStatement("unknown"),
                client -> client.execute("unknown", 0),
                client -> client.parse("", "RESET lock_timeout")
                        .bind("")
                        .execute()
                        .bind("unknown"),
                client -> client.parse("", "SELECT 1").bind("").execute().bind("unknown"));
        try (TestPooler pooler = TestPooler.start(postgres, 1, db -> db.mode(mode));
                WireClient client = pooler.login()) {
            for (Consumer<WireClient> failure : failures) {
                for (String reset :
                        List.of("RESET ALL", "DISCARD ALL", "RESET DateStyle; SELECT 1", "ROLLBACK; RESET ALL")) {
                    failure.accept(client);
                    client.query(reset).sync().send();
                    assertThat(client.readUntilReady())
                            .anyMatch(line -> line.startsWith("ErrorResponse"))
                            .last()
                            .isEqualTo("ReadyForQuery I");
                    client.query("SELECT 'goes on'").send();
                    assertThat(client.readUntilReady()).anyMatch(row -> row.contains("goes on"));
                }
            }
        }
    }

    @Test
    void namedStatementOfAnyLengthIsReadWhole() {
        String sql = "/* " + "x".repeat(1_500_000) + " */ SELECT set_config('lock_timeout', '9s', false)";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.parse("s", sql).bind("s").execute().sync().exchange();
            assertThat(other.value(LOCK_TIMEOUT)).isEqualTo("0");
            assertThat(client.value(LOCK_TIMEOUT)).isEqualTo("9s");
        }
    }

    @Test
    void bulkOfDataPinsNobody() {
        String table = TestPostgres.uniqueName("bulk");
        postgres.execute("CREATE TABLE " + table + " (a int, b text)", "GRANT ALL ON " + table + " TO app");
        String sql = "INSERT INTO " + table + " VALUES " + "(1, 'SET x = 1'), ".repeat(80_000) + "(2, '')";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run(sql);
            client.parse("", sql).bind("").execute().sync().exchange();
            assertThat(other.value("SELECT count(*) FROM " + table)).isEqualTo("160002");
            assertThat(pool(pooler).clientsPinned()).isZero();
            assertThat(pool(pooler).cleanings()).isZero();
        }
    }

    @Test
    void whatCannotBeReadPinsUntilItIsDiscarded() {
        String sql = "DO $$ BEGIN " + "PERFORM 1; ".repeat(100_000) + "SET app.hidden = 'x'; END $$";
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run(sql);
            int server = client.serverPid();
            assertThat(other.serverPid()).isNotEqualTo(server);
            assertThat(client.value("SHOW app.hidden")).isEqualTo("x");
            client.run("DISCARD ALL");
            assertThat(client.value("SELECT coalesce(current_setting('app.hidden', true), '')"))
                    .isEmpty();
            await().untilAsserted(() -> assertThat(pool(pooler).clientsPinned()).isZero());
        }
    }

    // ---- spellings

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE pg_settings SET setting = '9000' WHERE name = 'lock_timeout'",
                "update only pg_catalog.pg_settings as s set setting = 9000 where s.name = 'lock_timeout'",
                "UPDATE \"pg_settings\" SET setting = '9000' WHERE name = 'lock_timeout'",
                "UPDATE ONLY ( pg_settings ) SET setting = '9000' WHERE name = 'lock_timeout'",
                "UPDATE U&\"pg\\005fsettings\" SET setting = '9000' WHERE name = 'lock_timeout'",
                "UPDATE app.pg_catalog.pg_settings SET setting = '9000' WHERE name = 'lock_timeout'",
                "DO $$ BEGIN UPDATE pg_settings SET setting = '9000' WHERE name = 'lock_timeout'; END $$",
                "BEGIN; UPDATE pg_settings SET setting = '9000' WHERE name = 'lock_timeout'; COMMIT",
                "SELECT set_config(E'lock_timeout', '9s', false)",
                "SELECT set_config('lock' || '_timeout', '9s', false)",
                "SELECT \"set_config\"('Lock_Timeout', '9s', 'f')",
                "DO $$ BEGIN EXECUTE 'SE' || 'T lock_timeout = 9000'; END $$",
                "SELECT set_config('lock_timeout', current_setting('lock_timeout'), false), set_config('lock_timeout', '9s', false)"
            })
    void settingIsSeenInEverySpelling(String sql) {
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            for (int i = 0; i < 2; i++) {
                client.run(sql);
                for (int k = 0; k < 3; k++) {
                    assertThat(other.value(LOCK_TIMEOUT)).isEqualTo("0");
                    assertThat(client.value(LOCK_TIMEOUT)).isEqualTo("9s");
                }
                client.run("RESET ALL");
                assertThat(client.value(LOCK_TIMEOUT)).isEqualTo("0");
            }
            client.run(sql);
            client.close();
            for (int k = 0; k < 3; k++) {
                assertThat(other.value(LOCK_TIMEOUT)).isEqualTo("0");
            }
        }
    }

    /** In these encodings the second byte of a character may be a backslash, which the server never sees as one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SJIS | 83 5c | E",
                "SHIFT_JIS_2004 | 83 5c | E",
                "BIG5 | a5 5c | E",
                "GBK | 81 5c | E",
                "GB18030 | 81 5c | E",
                "GB18030 | 81 30 81 30 81 5c | E",
                "SJIS | b1 83 5c b1 | E",
                "UHC | 81 41 | E",
                "SJIS | 83 5c | off",
                "BIG5 | a5 5c | off"
            })
    void textIsCutWhereTheServerCutsIt(String encoding, String character, String backslashes) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(character);
        String hidden = new String(bytes, ISO_8859_1);
        boolean escape = backslashes.equals("E");
        String literal = (escape ? "E'" : "'") + hidden + "'";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("client_encoding", encoding);
                WireClient other = pooler.login()) {
            if (!escape) {
                client.run("SET standard_conforming_strings = off");
            }
            for (String filler : List.of("", "/* " + hidden.repeat(700_000) + " */")) {
                String sql = "SELECT length(" + literal + ");" + filler + " SET lock_timeout = '9s'; SELECT ''";
                byte[] message = Frontend.message('Q', (sql + "\0").getBytes(ISO_8859_1));
                int half = message.length / 2 | 1;
                client.sendRaw(message, 0, half).sendRaw(message, half, message.length);
                assertThat(client.readUntilReady()).noneMatch(line -> line.startsWith("ErrorResponse"));
                assertThat(other.value(LOCK_TIMEOUT))
                        .as(filler.substring(0, filler.length() / 700_000))
                        .isEqualTo("0");
                assertThat(client.value(LOCK_TIMEOUT)).isEqualTo("9s");
                client.run("RESET lock_timeout");
            }
            assertThat(pool(pooler).clientsPinned()).isZero();
        }
    }

    /** Where pg_temp is on the search_path, a table is temporary that nothing in its own text says to be so. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET search_path = pg_temp",
                "SELECT set_config('search_path', 'pg_temp', false)",
                "SELECT set_config('search_path', 'pg_' || 'temp, public', false)",
                "UPDATE pg_settings SET setting = 'pg_temp' WHERE name = 'search_path'",
                "DO $$ BEGIN PERFORM set_config('search_path', 'PG_' || 'TEMP', false); END $$",
                "start-up"
            })
    void temporaryObjectIsFoundWhateverMadeItOne(String path) {
        boolean startup = path.equals("start-up");
        for (boolean together : new boolean[] {false, true}) {
            try (TestPooler pooler = TestPooler.start(postgres, 2);
                    WireClient client = startup ? pooler.login("search_path", "nowhere, pg_temp") : pooler.login();
                    WireClient other = pooler.login()) {
                String create = "CREATE TABLE hidden AS SELECT 1 AS x";
                client.run(startup ? create : path + (together ? "; " + create : ""));
                if (!startup && !together) {
                    other.run("SELECT 1");
                    client.run(create);
                }
                for (int i = 0; i < 3; i++) {
                    assertThat(other.query("SELECT * FROM pg_temp.hidden")
                                    .exchange()
                                    .get(0))
                            .contains("C \"42P01\"");
                    assertThat(client.value("SELECT x FROM hidden")).isEqualTo("1");
                }
                client.run("DROP TABLE hidden").run("RESET ALL");
                await().untilAsserted(
                                () -> assertThat(pool(pooler).clientsPinned()).isZero());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TimeZone | SELECT set_config('TimeZone', NULL, false)",
                "TimeZone | SET TIME ZONE LOCAL",
                "TimeZone | SET TIME ZONE DEFAULT",
                "TimeZone | SET LOCAL TimeZone TO DEFAULT",
                "lock_timeout | SELECT set_config('lock_timeout', NULL, false)",
                "lock_timeout | UPDATE pg_settings SET setting = NULL WHERE name = 'lock_timeout'",
                "client_encoding | SET NAMES",
                "client_encoding | SET NAMES DEFAULT",
                "app.tenant | SELECT set_config('app.tenant', NULL, false)",
                "role | RESET ROLE"
            })
    void defaultIsWhatTheClientBeganWith(String name, String reset) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login(
                        "TimeZone",
                        "Asia/Tokyo",
                        "lock_timeout",
                        "7s",
                        "client_encoding",
                        "LATIN1",
                        "app.tenant",
                        "blue",
                        "role",
                        "app");
                WireClient other = pooler.login()) {
            String before = client.value("SHOW " + name);
            client.run("SET " + name + " = "
                    + switch (name) {
                        case "TimeZone" -> "'UTC'";
                        case "client_encoding" -> "UTF8";
                        case "role" -> "none";
                        default -> "'1'";
                    });
            client.run(reset);
            other.run("SELECT 1");
            if (!reset.contains("LOCAL TimeZone")) {
                assertThat(client.value("SHOW " + name)).isEqualTo(before);
            }
        }
    }

    @Test
    void valueThatIsTheServersDefaultIsKeptIfItWasSet() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("TimeZone", "Asia/Tokyo");
                WireClient other = pooler.login()) {
            String server = other.value("SHOW TimeZone");
            client.run("RESET TimeZone; SET TimeZone = '" + server + "'");
            assertThat(client.value("SHOW TimeZone")).isEqualTo(server);
            client.parse("", "SELECT set_config('TimeZone', $1, false)")
                    .bind("", server)
                    .execute()
                    .sync()
                    .exchange();
            assertThat(client.value("SHOW TimeZone")).isEqualTo(server);
        }
    }

    // ---- what has no report

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT setseed(0.5)",
                "SET seed = 0.5",
                "SET LOCAL SEED TO 0.5",
                "SELECT set_config('seed', '0.5', false)",
                "DO $$ BEGIN PERFORM setseed(0.5); END $$"
            })
    void randomNumbersAreNotThoseOfAnEarlierClient(String seed) {
        String expected;
        try (WireClient direct = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            direct.run(seed);
            expected = direct.value("SELECT random()");
        }
        for (String end : List.of("DISCARD ALL", "close")) {
            try (TestPooler pooler = TestPooler.start(postgres, 1);
                    WireClient client = pooler.login();
                    WireClient other = pooler.login()) {
                client.run(seed);
                assertThat(client.value("SELECT random()")).isEqualTo(expected);
                client.run(seed);
                await().untilAsserted(
                                () -> assertThat(pool(pooler).pins()).containsEntry(SessionState.RANDOM_SEED, 1L));
                if (end.equals("close")) {
                    client.close();
                } else {
                    client.run(end);
                }
                assertThat(other.value("SELECT random()")).isNotEqualTo(expected);
            }
        }
    }

    @Test
    void replicationSlotsOfASessionGoWithIt() {
        String role = TestPostgres.uniqueName("slots");
        postgres.execute("CREATE ROLE " + role + " LOGIN SUPERUSER");
        String slot = TestPostgres.uniqueName("slot");
        String create = "SELECT pg_create_physical_replication_slot('" + slot + "', true, true)";
        String slots = "SELECT count(*) FROM pg_replication_slots WHERE temporary";
        try (TestPooler pooler = TestPooler.start(postgres, 2);
                WireClient other = pooler.loginAs(role, TestPostgres.DATABASE)) {
            WireClient client = pooler.loginAs(role, TestPostgres.DATABASE);
            client.run(create);
            int server = client.serverPid();
            assertThat(other.serverPid()).isNotEqualTo(server);
            assertThat(client.serverPid()).isEqualTo(server);
            client.run("SELECT pg_drop_replication_slot('" + slot + "')");
            await().untilAsserted(() -> assertThat(pinned(pooler)).isZero());
            client.run(create).run("DISCARD ALL");
            assertThat(client.value(slots)).isEqualTo("1");
            await().untilAsserted(() -> assertThat(pinned(pooler)).isOne());
            client.close();
            await().untilAsserted(() -> assertThat(other.value(slots)).isEqualTo("0"));
        }
    }

    @Test
    void originOfReplicationEndsWithItsServer() {
        String role = TestPostgres.uniqueName("origins");
        String origin = TestPostgres.uniqueName("origin");
        postgres.execute(
                "CREATE ROLE " + role + " LOGIN SUPERUSER", "SELECT pg_replication_origin_create('" + origin + "')");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient other = pooler.loginAs(role, TestPostgres.DATABASE)) {
            WireClient client = pooler.loginAs(role, TestPostgres.DATABASE);
            client.run("SELECT pg_replication_origin_session_setup('" + origin + "')");
            await().untilAsserted(() -> assertThat(pinned(pooler)).isOne());
            client.run("DISCARD ALL");
            int server = client.serverPid();
            client.close();
            assertThat(other.value("SELECT pg_replication_origin_session_is_setup()"))
                    .isEqualTo("f");
            assertThat(other.serverPid()).isNotEqualTo(server);
        }
    }

    @Test
    void transactionsOwnSettingsAreNotCarriedOn() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            client.run("SET default_transaction_isolation = serializable");
            client.run("BEGIN; SET transaction_isolation = 'read committed'; COMMIT");
            client.run("SET transaction_read_only = on");
            assertThat(other.value("SHOW transaction_isolation")).isEqualTo("read committed");
            assertThat(client.value("SHOW transaction_isolation")).isEqualTo("serializable");
            assertThat(client.value("SHOW transaction_read_only")).isEqualTo("off");
        }
    }

    @Test
    void valueThatTheEncodingOfAClientDoesNotHaveIsNotToldInIt() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("search_path", "\"größe\"", "client_encoding", "LATIN1");
                WireClient other = pooler.login()) {
            client.run("SET client_encoding = 'SJIS'");
            for (int i = 0; i < 3; i++) {
                assertThat(other.value("SHOW search_path")).contains("public");
                assertThat(client.value("SELECT encode(convert_to(current_setting('search_path'), 'UTF8'), 'hex')"))
                        .isEqualTo("226772c3b6c39f6522");
            }
        }
    }

    @Test
    void readingOfStringsMayChangeOnTheWay() {
        String hidden = "SELECT 'a\\'; SET lock_timeout = '9s'; --'";
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login("options", "-c standard_conforming_strings=off");
                WireClient other = pooler.login()) {
            client.sendRaw(concat(
                    Frontend.query("SET standard_conforming_strings = on"),
                    Frontend.query(hidden),
                    Frontend.query("SELECT 1")));
            for (int i = 0; i < 3; i++) {
                client.readUntil('Z');
            }
            assertThat(other.value(LOCK_TIMEOUT)).isEqualTo("0");
            assertThat(client.value(LOCK_TIMEOUT)).isEqualTo("9s");
        }
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static int pinned(TestPooler pooler) {
        return pooler.snapshot().pools().stream()
                .mapToInt(PgPoolSnapshot.Pool::clientsPinned)
                .sum();
    }

    private static PgPoolSnapshot.Pool pool(TestPooler pooler) {
        return pooler.snapshot().pools().get(0);
    }
}
