package dev.pgpool.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Secrets that the server is asked for. */
@OnEveryPostgres
class AuthQueryIT {

    private static final String PASSWORD = "pa'ss \u00e4 w\u00f6rd";
    private static final String UNAVAILABLE = "C \"58000\" M \"could not look up the credential of user \"";

    private final TestPostgres postgres;
    private final String asker;

    AuthQueryIT(TestPostgres postgres) {
        this.postgres = postgres;
        this.asker = postgres.createRole("scram-sha-256", "the asker's");
        postgres.execute("ALTER ROLE " + asker + " SUPERUSER");
    }

    @ParameterizedTest
    @CsvSource({
        "SCRAM_SHA_256, scram-sha-256",
        "MD5, scram-sha-256",
        "MD5, md5",
        "PASSWORD, scram-sha-256",
        "PASSWORD, md5"
    })
    void aUserOfTheServerLogsIn(ClientAuthentication method, String stored) {
        String role = postgres.createRole(stored, PASSWORD);
        try (TestPooler pooler = pooler(method, query -> {})) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
                    assertThat(client.value("SELECT current_user")).isEqualTo(role);
                }
                assertThat(refusal(pooler, role, "wrong")).contains("C \"28P01\"");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SELECT NULL::text NULL::text",
        "SELECT NULL::text 'a secret'",
        "SELECT u.* FROM (VALUES (NULL::text NULL::text)) AS u WHERE $1::text <> ''",
        "SELECT rolname rolpassword FROM pg_authid WHERE rolname = $1 AND false"
    })
    void anAnswerWithoutAUserMeansThatThereIsNone(String query) {
        String sql = query.replace("text NULL", "text, NULL")
                .replace("text 'a", "text, 'a")
                .replace("rolname rolp", "rolname, rolp");
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = pooler(
                        ClientAuthentication.SCRAM_SHA_256,
                        q -> q.query(sql.contains("$1") ? sql : sql + " WHERE $1::text IS NOT NULL"))) {
            assertThat(refusal(pooler, "whoever", "wrong")).contains("C \"28P01\"");
            assertThat(log.lines())
                    .noneMatch(line -> line.startsWith("WARN"))
                    .noneMatch(line -> line.contains("another"));
        }
    }

    @ParameterizedTest
    @CsvSource({"no such role", "a wrong password", "a query that fails", "no such database"})
    void anAskerThatFailsIsOneLineOfTheLogForEachLogin(String fault) {
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler =
                        TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                                .authQuery(q -> {
                                    q.user(fault.equals("no such role") ? "nobody_at_all" : asker)
                                            .password(fault.equals("a wrong password") ? "wrong" : "the asker's");
                                    if (fault.equals("a query that fails")) {
                                        q.query("SELECT $1::text, 1/0::text");
                                    }
                                })
                                .database(
                                        TestPostgres.DATABASE,
                                        db -> TestPooler.at(db, postgres)
                                                .databaseName(
                                                        fault.equals("no such database")
                                                                ? "nowhere"
                                                                : TestPostgres.DATABASE)))) {
            for (int login = 1; login <= 3; login++) {
                assertThat(refusal(pooler, "whoever", "wrong")).contains(UNAVAILABLE);
                assertThat(log.lines())
                        .filteredOn(line -> line.startsWith("WARN") || line.startsWith("ERROR"))
                        .hasSize(login)
                        .allMatch(line -> line.contains("auth query as user") && !line.contains(" | "))
                        .noneMatch(line -> line.contains("\n"));
            }
        }
    }

    @Test
    void anUnknownUserMeetsWhatAWrongPasswordMeets() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> {});
                WireClient known = pooler.connect();
                WireClient unknown = pooler.connect()) {
            Message refused = known.startup(role, TestPostgres.DATABASE).authenticate("wrong");
            Message stranger = unknown.startup("nobody", TestPostgres.DATABASE).authenticate("wrong");
            assertThat(stranger.toString()).isEqualTo(refused.toString().replace(role, "nobody"));
            assertThat(backendTypes(unknown)).isEqualTo(backendTypes(known));
        }
    }

    @Test
    void anExpiredPasswordIsRefusedLikeAWrongOneAndTheLogSaysWhy() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        postgres.execute("ALTER ROLE " + role + " VALID UNTIL '2020-01-01'");
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> {})) {
            assertThat(refusal(pooler, role, PASSWORD))
                    .isEqualTo("ErrorResponse S \"FATAL\" C \"28P01\" M \"password authentication failed for user \""
                            + role + "\"\"");
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("auth query found no secret user=" + role
                            + " reason=the user has no secret, or it has expired"));
            postgres.execute("ALTER ROLE " + role + " VALID UNTIL '2120-01-01'");
            try (WireClient client = pooler.connect()) {
                client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            }
            postgres.execute("ALTER ROLE " + role + " NOLOGIN");
            assertThat(refusal(pooler, role, PASSWORD)).contains("C \"28P01\"");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ClientAuthentication.class,
            names = {"PASSWORD", "MD5", "SCRAM_SHA_256"})
    void aUserWithoutASecretIsLetInByNoPassword(ClientAuthentication method) {
        String role = TestPostgres.uniqueName("no_secret");
        postgres.execute("CREATE ROLE " + role + " LOGIN");
        try (TestPooler pooler = pooler(method, query -> {})) {
            for (String password : List.of("", " ", "null", role)) {
                assertThat(refusal(pooler, role, password)).contains("C \"28P01\"");
            }
        }
    }

    @Test
    void aUserNameIsAValueAndNeverSql() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(
                ClientAuthentication.SCRAM_SHA_256,
                query -> query.query("SELECT usename, passwd FROM pg_shadow WHERE usename = $1"))) {
            for (String name : List.of(
                    "x' OR usename = '" + role,
                    role + "'; DROP TABLE x; --",
                    "$1",
                    role + "\\",
                    role.toUpperCase(java.util.Locale.ROOT))) {
                assertThat(refusal(pooler, name, PASSWORD)).contains("C \"28P01\"");
            }
            // what fills a name type beyond its length names nobody else
            assertThat(refusal(pooler, role + "x".repeat(100), PASSWORD)).contains("C \"28P01\"");
        }
    }

    @Test
    void theStoreIsAskedFirst() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = TestPooler.start(builder -> builder.credentials(
                                CredentialStore.of(Map.of(role, "the store's", asker, "the asker's")))
                        .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        // without a password of its own the asker is looked up in the store
                        .authQuery(query -> query.user(asker))
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).user(TestPostgres.USER)));
                WireClient client = pooler.connect()) {
            assertThat(refusal(pooler, role, PASSWORD)).contains("C \"28P01\"");
            client.startup(role, TestPostgres.DATABASE).awaitLogin("the store's");
            String other = postgres.createRole("scram-sha-256", PASSWORD);
            try (WireClient asked = pooler.connect()) {
                asked.startup(other, TestPostgres.DATABASE).awaitLogin(PASSWORD);
            }
        }
    }

    @Test
    void aDatabaseMayHaveAQueryOfItsOwnThatRunsInAnother() {
        String elsewhere = postgres.createDatabase();
        postgres.executeIn(
                elsewhere,
                "CREATE SCHEMA auth",
                "CREATE FUNCTION auth.lookup(who text, OUT name text, OUT secret text) LANGUAGE sql AS"
                        + " $$ SELECT who, 'secret of ' || who $$");
        try (TestPooler pooler =
                TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                        .authQuery(query -> query.user("nobody at all"))
                        .database(
                                "own",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(TestPostgres.DATABASE)
                                        .user(TestPostgres.USER)
                                        .authQuery(query -> query.user(asker)
                                                .password("the asker's")
                                                .database("directory")
                                                .query("SELECT * FROM auth.lookup($1)")))
                        .database("directory", db -> TestPooler.at(db, postgres).databaseName(elsewhere)))) {
            try (WireClient client = pooler.connect()) {
                client.startup("ann", "own").awaitLogin("secret of ann");
                assertThat(client.value("SELECT current_database()")).isEqualTo(TestPostgres.DATABASE);
            }
            try (WireClient client = pooler.connect()) {
                assertThat(client.startup("ann", "own")
                                .authenticate("secret of bob")
                                .toString())
                        .contains("C \"28P01\"");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT usename FROM pg_shadow WHERE usename = $1|the query answers 1 columns (expected: 2",
                "SELECT usename, passwd, 1 FROM pg_shadow WHERE usename = $1|the query answers 3 columns (expected: 2",
                "SELECT $1, passwd FROM pg_shadow|the query answers more than one row",
                "SELECT * FROM nothing WHERE $1 = ''|relation \"nothing\" does not exist (SQLSTATE 42P01)",
                "SELECT 1/0, $1|division by zero (SQLSTATE 22012)",
                "SELECT $1, 'SCRAM-SHA-256$x'|the SCRAM verifier is malformed",
                "SET search_path = '$1'|syntax error"
            })
    void aQueryThatAnswersSomethingElseRefusesEverybodyAndTheLogSaysWhy(String sql, String why) {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> query.query(sql))) {
            for (int i = 0; i < 3; i++) {
                String refusal = refusal(pooler, role, PASSWORD);
                if (why.startsWith("syntax")) {
                    assertThat(refusal).contains("C \"58000\"");
                } else {
                    assertThat(refusal).contains(UNAVAILABLE + role);
                    assertThat(log.text())
                            .contains("WARN login lookup failed user=" + role)
                            .contains(why);
                }
            }
        }
    }

    @Test
    void anAskerWhoMayNotLogInRefusesEverybody() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (LogCapture log = LogCapture.everything();
                TestPooler pooler =
                        pooler(ClientAuthentication.SCRAM_SHA_256, query -> query.password("not the asker's"))) {
            assertThat(refusal(pooler, role, PASSWORD)).contains(UNAVAILABLE + role);
            assertThat(log.text())
                    .contains("password authentication failed for user \"" + asker + "\" (SQLSTATE 28P01)")
                    .doesNotContain("not the asker's");
        }
    }

    @Test
    void aServerThatStaysDownIsARefusalWhenTheWaitIsOver() {
        try (TestPostgres own = TestPostgres.fresh(postgres.version(), Map.of())) {
            own.execute("SET password_encryption = 'scram-sha-256'", "CREATE ROLE ann LOGIN PASSWORD 'ann''s'");
            try (TestPooler pooler = TestPooler.start(builder -> builder.clientAuthentication(
                            ClientAuthentication.SCRAM_SHA_256)
                    .authQuery(query -> query.user(TestPostgres.SUPERUSER).timeout(Duration.ofMillis(500)))
                    .database(
                            TestPostgres.DATABASE, db -> TestPooler.at(db, own).waitTimeout(Duration.ofSeconds(1))))) {
                try (WireClient client = pooler.connect()) {
                    client.startup("ann", TestPostgres.DATABASE).awaitLogin("ann's");
                }
                own.stop();
                assertThat(refusal(pooler, "ann", "ann's")).contains(UNAVAILABLE + "ann");
                own.start();
                try (WireClient client = pooler.connect()) {
                    client.startup("ann", TestPostgres.DATABASE).awaitLogin("ann's");
                }
            }
        }
    }

    @Test
    void aConnectionThatDiedWhileIdleIsReplaced() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> {})) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE).awaitLogin(PASSWORD);
                }
                List<String> pids = askers();
                assertThat(pids).hasSize(1);
                postgres.terminateBackend(Integer.parseInt(pids.get(0)));
            }
        }
    }

    @Test
    void aServerThatDoesNotAnswerEndsTheLoginInTime() {
        CountDownLatch never = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.awaitClose();
                    never.countDown();
                });
                LogCapture log = LogCapture.everything();
                TestPooler pooler =
                        TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                                .authQuery(query -> query.user("asker").timeout(Duration.ofMillis(300)))
                                .database(
                                        TestPostgres.DATABASE,
                                        db -> db.host("127.0.0.1").port(server.port())))) {
            assertThat(refusal(pooler, "ann", "x")).contains(UNAVAILABLE + "ann");
            assertThat(log.text()).contains("the connection ended (auth_query_timeout)");
        }
    }

    @Test
    void manyAtOnceShareFewConnections() {
        List<String> roles = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            roles.add(postgres.createRole("scram-sha-256", PASSWORD));
        }
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> query.maxConnections(3))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                clients.add(pooler.connect().startup(roles.get(i % roles.size()), TestPostgres.DATABASE));
            }
            clients.forEach(client ->
                    assertThat(client.authenticate("wrong").toString()).contains("C \"28P01\""));
            clients.forEach(WireClient::close);
            assertThat(askers()).hasSizeBetween(1, 3);
        }
    }

    /** Unqualified names are looked up where the role or the database of the query says, whatever a client wants. */
    @ParameterizedTest
    @CsvSource({
        "public, SELECT 1",
        "lookups, ALTER ROLE ASKER SET search_path = lookups",
        "lookups, ALTER ROLE ASKER IN DATABASE HERE SET search_path = lookups",
        "ASKER, CREATE SCHEMA IF NOT EXISTS ASKER"
    })
    void aFunctionIsFoundWhereRoleAndDatabaseSay(String schema, String setting) {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        String place = schema.replace("ASKER", asker);
        postgres.execute(
                setting.replace("ASKER", asker).replace("HERE", TestPostgres.DATABASE),
                "CREATE SCHEMA IF NOT EXISTS " + place,
                "CREATE OR REPLACE FUNCTION " + place + ".user_lookup(i text, OUT u text, OUT p text) LANGUAGE sql AS"
                        + " 'SELECT rolname, rolpassword FROM pg_authid WHERE rolname = i'",
                "CREATE SCHEMA IF NOT EXISTS strange",
                "GRANT USAGE ON SCHEMA strange TO PUBLIC",
                "CREATE OR REPLACE FUNCTION strange.user_lookup(i text, OUT u text, OUT p text) LANGUAGE sql AS"
                        + " $$SELECT i, 'a stranger'::text$$");
        try (TestPooler pooler =
                pooler(ClientAuthentication.SCRAM_SHA_256, q -> q.query("SELECT * FROM user_lookup($1)"))) {
            for (String[] settings :
                    new String[][] {{}, {"search_path", "strange"}, {"options", "-c search_path=strange"}}) {
                try (WireClient client = pooler.connect()) {
                    client.startup(role, TestPostgres.DATABASE, settings).awaitLogin(PASSWORD);
                }
                try (WireClient stranger = pooler.connect()) {
                    assertThat(stranger.startup(role, TestPostgres.DATABASE, settings)
                                    .authenticate("a stranger")
                                    .toString())
                            .contains("C \"28P01\"");
                }
            }
        } finally {
            postgres.execute("DROP FUNCTION " + place + ".user_lookup(text)");
        }
    }

    @Test
    void connectionsAreClosedWithThePooler() {
        String role = postgres.createRole("scram-sha-256", PASSWORD);
        try (TestPooler pooler = pooler(ClientAuthentication.SCRAM_SHA_256, query -> {})) {
            refusal(pooler, role, "wrong");
            assertThat(askers()).hasSize(1);
        }
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(askers()).isEmpty());
    }

    @Test
    void whatReachesTheServerIsTheQueryWithAParameterAndNothingOfTheClient() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    Map<String, String> startup = session.login();
                    assertThat(startup)
                            .containsOnlyKeys(
                                    "user", "database", "client_encoding", "application_name", "statement_timeout")
                            .containsEntry("user", "asker")
                            .containsEntry("application_name", "pgpool auth_query");
                    assertThat(text(session.read())).contains("SELECT rolname, CASE WHEN rolvaliduntil");
                    assertThat(text(session.read())).contains("ann's name");
                    session.expect("DES")
                            .send(
                                    Backend.parseComplete(),
                                    Backend.bindComplete(),
                                    Backend.rowDescription("rolname", "rolpassword"),
                                    Backend.dataRow("ann's name", "ann's"),
                                    Backend.commandComplete("SELECT 1"),
                                    Backend.readyForQuery('I'));
                    session.awaitClose();
                });
                TestPooler pooler =
                        TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.PASSWORD)
                                .authQuery(query -> query.user("asker"))
                                .database(
                                        TestPostgres.DATABASE,
                                        db -> db.host("127.0.0.1").port(server.port())));
                WireClient client = pooler.connect()) {
            client.startup(
                    "ann's name",
                    TestPostgres.DATABASE,
                    "search_path",
                    "evil",
                    "options",
                    "-c role=postgres",
                    "application_name",
                    "psql");
            assertThat(client.read(1)).containsExactly("Authentication 3");
            server.verify();
        }
    }

    @Test
    void whatCannotWorkIsToldWhenThePoolerIsBuilt() {
        assertThatThrownBy(() -> PgPool.builder()
                        .authQuery(query -> query.user("")
                                .query("SELECT 1")
                                .timeout(Duration.ZERO)
                                .maxConnections(0))
                        .database(
                                "app",
                                db -> db.authQuery(query -> query.user("u").database("other")))
                        .database(
                                "console",
                                db -> db.authQuery(query -> query.user("u").database("pgbouncer")))
                        .build())
                .hasMessageContaining("auth.query.user: \"\" (expected: the name of a user who may read secrets)")
                .hasMessageContaining("auth.query.query: \"SELECT 1\" (expected: SQL with the parameter $1)")
                .hasMessageContaining("auth.query.timeout: PT0S (expected: > 0, at most 365 days)")
                .hasMessageContaining("auth.query.maxConnections: 0 (expected: 1 to 100)")
                .hasMessageContaining(
                        "databases.app.authQuery.database: \"other\" (expected: one of the configured databases, or any"
                                + " where there is a *)")
                .hasMessageContaining("databases.console.authQuery.database: \"pgbouncer\" (expected: ");
    }

    // ---- helpers

    private TestPooler pooler(ClientAuthentication method, Consumer<AuthQueryBuilder> more) {
        return TestPooler.start(builder -> builder.clientAuthentication(method)
                .authQuery(query -> {
                    query.user(asker).password("the asker's");
                    more.accept(query);
                })
                .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
    }

    private List<String> askers() {
        return postgres.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'pgpool auth_query'"
                + " AND usename = '" + asker + "'");
    }

    private static String refusal(TestPooler pooler, String role, String password) {
        try (WireClient client = pooler.connect()) {
            return client.startup(role, TestPostgres.DATABASE)
                    .authenticate(password)
                    .toString();
        }
    }

    private static String text(Message message) {
        return StandardCharsets.UTF_8.decode(ByteBuffer.wrap(message.body())).toString();
    }

    private static List<String> backendTypes(WireClient client) {
        return client.transcript().lines().stream()
                .filter(line -> line.startsWith("B "))
                .map(line -> line.substring(0, Math.min(20, line.length())))
                .toList();
    }
}
