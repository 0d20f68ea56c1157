package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client asks for at start-up is what a server of its own would make of it, in value and in what the client is told:
 * each case goes straight to the server and through the pooler, where other clients have left something else on the servers.
 *
 * <p>Values here are bytes, each a character: {@link #utf8} makes those of a text.
 */
@Tag("once")
@OnEveryPostgres
class StartupParametersIT {
    private static final List<List<String>> SETTINGS = List.of(
            List.of("DateStyle", "ISO"),
            List.of("DateStyle", "dmy"),
            List.of("datestyle", "sql"),
            List.of("DateStyle", "German"),
            List.of("DateStyle", "iso, ymd"),
            List.of("DateStyle", "default"),
            List.of("DateStyle", ""),
            List.of("DateStyle", "nonsense"),
            List.of("DateStyle", "German", "datestyle", "YMD"),
            List.of("options", "-c datestyle=German -c datestyle=ymd"),
            List.of("options", "-c datestyle=German", "DateStyle", "MDY"),
            List.of("TimeZone", "etc/utc"),
            List.of("TimeZone", "europe/berlin"),
            List.of("TimeZone", "-3"),
            List.of("TimeZone", "nowhere"),
            List.of("options", "-c TimeZone=UTC", "timezone", "asia/tokyo"),
            List.of("client_encoding", "unicode"),
            List.of("client_encoding", "utf-8"),
            List.of("client_encoding", "'utf-8'"),
            List.of("client_encoding", "latin1"),
            List.of("client_encoding", "WIN1252"),
            List.of("client_encoding", "sjis"),
            List.of("client_encoding", "SQL_ASCII"),
            List.of("client_encoding", "no-such"),
            List.of("options", "-c standard_conforming_strings=true"),
            List.of("options", "-c standard_conforming_strings=1"),
            List.of("options", "-c standard_conforming_strings=yes"),
            List.of("options", "--standard-conforming-strings=ON"),
            List.of("options", "-cstandard_conforming_strings=f"),
            List.of("options", "-c standard_conforming_strings=2"),
            List.of("default_transaction_read_only", "false"),
            List.of("default_transaction_read_only", "T"),
            List.of("IntervalStyle", "ISO_8601"),
            List.of("default_transaction_isolation", "SERIALIZABLE"),
            List.of("application_name", "x"),
            List.of("application_name", ""),
            List.of("application_name", "a\tb"),
            List.of("application_name", utf8("Müller")),
            List.of("application_name", "M\u00fcller"),
            List.of("client_encoding", "LATIN1", "application_name", "M\u00fcller"),
            List.of("application_name", utf8("Бухгалтерия")),
            List.of("options", "-c application_name=one", "Application_Name", "two"),
            List.of("search_path", "a,\"B\""),
            List.of("search_path", ""),
            List.of("search_path", "\"a"),
            List.of("search_path", utf8("\"größe\", public")),
            List.of("client_encoding", "LATIN1", "search_path", utf8("\"größe\"")),
            List.of("client_encoding", "LATIN1", "options", "-c my.tenant=" + utf8("Müller")),
            List.of("client_encoding", "utf-8", "options", "-c my.tenant=" + utf8("Müller")),
            List.of("client_encoding", "UNICODE", "my.tenant", utf8("Müller")),
            List.of("client_encoding", "WIN1252", "options", "-c my.tenant=" + utf8("Müller")),
            List.of("client_encoding", "EUC_JP", "my.tenant", utf8("日本能")),
            List.of("client_encoding", "LATIN1", "my.tenant", utf8("日本")),
            List.of("client_encoding", "LATIN1", "options", "-c my.tenant=M\u00fcller"),
            List.of("options", "-c my.tenant=M\u00fcller"),
            List.of("my.tenant", "it's \\ \"quoted\""),
            List.of("my." + utf8("é"), "1"),
            List.of("work_mem", "8192"),
            List.of("statement_timeout", "1h"),
            List.of("statement_timeout", "10 parsecs"),
            List.of("lock_timeout", "1min"),
            List.of("bytea_output", "ESCAPE"),
            List.of("xmloption", "Document"),
            List.of("extra_float_digits", "0"),
            List.of("role", "app"),
            List.of("role", "postgres"),
            List.of("session_authorization", "app"),
            List.of("is_superuser", "on"),
            List.of("options", "-c ignore_system_indexes=on"),
            List.of("options", "-c log_statement=all"),
            List.of("options", "-c shared_buffers=1"),
            List.of("seed", "0.5"),
            List.of("a.b-c", "x"),
            List.of("no_such_parameter", "x"));

    /** What the clients before have done: each in sessions that stay open, so that the servers keep what they have. */
    private static final List<String> LEFTOVERS = List.of(
            "SET DateStyle = 'ISO, DMY'",
            "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET standard_conforming_strings = off",
            "SET client_encoding = 'LATIN1'; SET search_path = zz; SET my.tenant = 'other'; SET IntervalStyle = iso_8601",
            "SET client_encoding = 'SJIS'; SET work_mem = '9MB'; SET DateStyle = 'SQL, YMD'; SET statement_timeout = 77000",
            "SET default_transaction_read_only = on; SET application_name = 'left'; SET bytea_output = escape",
            "RESET ALL");

    private static final List<String> NAMES = List.of(
            "DateStyle",
            "TimeZone",
            "client_encoding",
            "standard_conforming_strings",
            "IntervalStyle",
            "application_name",
            "default_transaction_read_only",
            "default_transaction_isolation",
            "search_path",
            "my.tenant",
            "work_mem",
            "statement_timeout",
            "lock_timeout",
            "bytea_output",
            "xmloption",
            "extra_float_digits",
            "role");

    private final TestPostgres postgres;

    StartupParametersIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void everySpellingMeansAndTellsWhatItDoesOnAServerOfItsOwn() {
        compare(TestPostgres.DATABASE);
    }

    @Test
    void bytesAreThoseOfTheDatabasesOwnEncoding() {
        String latin = TestPostgres.uniqueName("latin");
        String none = TestPostgres.uniqueName("none");
        postgres.executeIn(
                TestPostgres.SUPERUSER,
                "CREATE DATABASE " + latin + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
                "CREATE DATABASE " + none + " ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
        compare(latin);
        compare(none);
    }

    /** A part of a DateStyle builds on what is there before the settings of role and database are looked at. */
    @Test
    void settingsOfTheRoleAndTheDatabaseAreTheDefaults() {
        String database = TestPostgres.uniqueName("settings");
        postgres.executeIn(
                TestPostgres.SUPERUSER,
                "CREATE DATABASE " + database,
                "ALTER DATABASE " + database + " SET DateStyle = 'SQL, DMY'",
                "ALTER DATABASE " + database + " SET TimeZone = 'America/Lima'",
                "ALTER ROLE app IN DATABASE " + database + " SET DateStyle = 'German, YMD'",
                "ALTER ROLE app IN DATABASE " + database + " SET IntervalStyle = 'sql_standard'",
                "ALTER ROLE app IN DATABASE " + database + " SET work_mem = '6MB'",
                "ALTER ROLE app IN DATABASE " + database + " SET my.tenant = 'of the role'");
        compare(database);
    }

    @Test
    void randomSettingsOnTopOfRandomLeftovers() {
        long seed = Long.getLong("pgpool.startup.seed", System.nanoTime() % 1_000_000);
        Random random = new Random(seed);
        try (TestPooler pooler = TestPooler.start(postgres, 2)) {
            for (int round = 0; round < 150; round++) {
                List<String> settings = new ArrayList<>();
                for (int count = 1 + random.nextInt(4); count > 0; count--) {
                    settings.addAll(pick(random, SETTINGS));
                }
                List<String> leftovers = List.of(pick(random, LEFTOVERS), pick(random, LEFTOVERS));
                compare(pooler, TestPostgres.DATABASE, settings, leftovers, "seed " + seed);
            }
        }
    }

    /** A client escapes strings and reads dates by what it was told when it was told that the server is ready. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "RESET ALL",
                "DISCARD ALL",
                "RESET DateStyle",
                "SET DateStyle TO DEFAULT",
                "SELECT set_config('datestyle', NULL, false)",
                "SET SESSION datestyle = DEFAULT; RESET standard_conforming_strings; RESET client_encoding",
                "BEGIN; RESET ALL; COMMIT",
                "RESET ALL; SELECT 1/0"
            })
    void whatIsResetIsToldBeforeTheServerIsReady(String reset) {
        for (PoolMode mode : List.of(PoolMode.TRANSACTION, PoolMode.SESSION)) {
            try (TestPooler pooler = TestPooler.start(postgres, 2, db -> db.mode(mode));
                    WireClient client = pooler.login(
                            "DateStyle",
                            "SQL, DMY",
                            "client_encoding",
                            "LATIN1",
                            "options",
                            "-c standard_conforming_strings=off -c work_mem=5MB")) {
                for (boolean parsed : new boolean[] {false, true}) {
                    if (parsed && reset.contains(";")) {
                        continue;
                    }
                    for (String before :
                            List.of("SELECT 1", "SET DateStyle = 'German, YMD'", "SET DateStyle = 'ISO, MDY'")) {
                        if (before.contains("MDY") && mode == PoolMode.SESSION && reset.contains("NULL")) {
                            continue; // neither a report nor the tag tells it there, and texts are not read
                        }
                        client.run(before);
                        (parsed ? client.parse("", reset).bind("").execute().sync() : client.query(reset)).exchange();
                        if (!reset.contains("1/0")) {
                            assertThat(client.parameter("DateStyle"))
                                    .as(before + " " + mode)
                                    .isEqualTo("SQL, DMY");
                        }
                        assertThat(client.parameter("client_encoding")).isEqualTo("LATIN1");
                        assertThat(client.parameter("standard_conforming_strings"))
                                .isEqualTo("off");
                        assertThat(client.value("SHOW work_mem")).isEqualTo("5MB");
                    }
                }
            }
        }
    }

    @Test
    void noLoginHangsOrKeepsAServerForASettingInAnotherEncoding() {
        List<String> encodings = List.of("utf-8", "LATIN1", "WIN1252", "UNICODE", "sjis", "UTF8", "EUC_JP");
        List<String> values = List.of(utf8("Müller"), "Muller", utf8("日本"));
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            List<WireClient> clients = new ArrayList<>();
            for (String encoding : encodings) {
                for (String value : values) {
                    WireClient client = connect(
                            pooler.address(),
                            TestPostgres.DATABASE,
                            List.of("client_encoding", encoding, "options", "-c my.tenant=" + value));
                    assertThat(login(client).errors())
                            .as(encoding + " " + value)
                            .isEmpty();
                    clients.add(client);
                }
            }
            for (WireClient client : clients) {
                assertThat(client.value("SELECT 'served'")).isEqualTo("served");
            }
            assertThat(pooler.snapshot().pools().get(0).clientsPinned()).isZero();
            clients.forEach(WireClient::close);
        }
    }

    // ---- straight and pooled

    private void compare(String database) {
        try (TestPooler pooler = TestPooler.start(postgres, database, 2)) {
            for (List<String> settings : SETTINGS) {
                for (int i = 0; i < LEFTOVERS.size(); i += 2) {
                    List<String> leftovers = List.of(LEFTOVERS.get(i), LEFTOVERS.get((i + 3) % LEFTOVERS.size()));
                    compare(pooler, database, settings, leftovers, database);
                }
            }
        }
    }

    private void compare(
            TestPooler pooler, String database, List<String> settings, List<String> leftovers, String where) {
        Seen straight;
        try (WireClient client = connect(postgres.address(), database, settings)) {
            straight = see(client);
        }
        List<WireClient> others = new ArrayList<>();
        for (String leftover : leftovers) {
            WireClient other = pooler.login();
            other.query(leftover).exchange();
            others.add(other);
        }
        try (WireClient client = connect(pooler.address(), TestPostgres.DATABASE, settings)) {
            assertThat(see(client))
                    .as(where + ": " + settings + " after " + leftovers)
                    .isEqualTo(straight);
        } finally {
            others.forEach(WireClient::close);
        }
    }

    /** What a client is told at its login, and what it finds in its session, as often as it looks. */
    private record Seen(Map<String, String> told, List<String> errors, List<List<String>> found) {}

    private static Seen see(WireClient client) {
        Seen login = login(client);
        if (!login.errors().isEmpty()) {
            // how far the server comes before it fails is no matter
            return new Seen(Map.of(), login.errors(), List.of());
        }
        List<List<String>> found = new ArrayList<>();
        for (String name : NAMES) {
            found.add(row(
                    client,
                    "SELECT encode(replace(coalesce(current_setting('" + name
                            + "', true), ''), E'\\\\', E'\\\\\\\\')::bytea, 'hex')"));
            found.add(row(client, "SELECT coalesce(current_setting('" + name + "', true), '')"));
        }
        found.add(row(client, "SELECT '01/02/2020'::date::text"));
        found.add(row(client, "SELECT 'a\\\\b'"));
        found.add(row(client, "SELECT session_user, current_user"));
        client.terminate();
        return new Seen(login.told(), login.errors(), found);
    }

    private static List<String> row(WireClient client, String sql) {
        List<String> row = new ArrayList<>();
        for (Message answer : client.query(sql).exchangeMessages()) {
            if (answer.isError()) {
                row.add(error(answer));
            } else if (answer.type() == 'D') {
                row.add(bytes(answer.body()));
            }
        }
        return row;
    }

    private static Seen login(WireClient client) {
        Map<String, String> told = new TreeMap<>();
        List<String> errors = new ArrayList<>();
        Message message = client.read();
        while (message.type() != 'Z' && !message.isError()) {
            if (message.type() == 'S') {
                String[] parts = bytes(message.body()).split("\0", -1);
                told.put(parts[0], parts[1]);
            }
            message = client.read();
        }
        if (message.isError()) {
            errors.add(error(message));
        }
        return new Seen(told, errors, List.of());
    }

    /** Where the words depend on the place in which the server finds the fault, its code says enough. */
    private static String error(Message message) {
        Map<Character, String> fields = message.fields();
        String code = fields.get('C');
        return fields.get('S') + " " + code + (code.equals("0A000") ? "" : " " + fields.get('M'));
    }

    private static WireClient connect(InetSocketAddress address, String database, List<String> settings) {
        List<String> all = new ArrayList<>(List.of("user", TestPostgres.USER, "database", database));
        all.addAll(settings);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(ByteBuffer.allocate(4).putInt(3 << 16).array());
        for (String each : all) {
            body.writeBytes(each.getBytes(StandardCharsets.ISO_8859_1));
            body.write(0);
        }
        body.write(0);
        ByteBuffer packet = ByteBuffer.allocate(4 + body.size());
        packet.putInt(4 + body.size()).put(body.toByteArray());
        return WireClient.connect(address).sendRaw(packet.array());
    }

    private static String utf8(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String bytes(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
