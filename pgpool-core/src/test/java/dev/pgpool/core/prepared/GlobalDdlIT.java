package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that change roles and databases, and those who come after, see no servers that were kept for them. */
@Tag("once")
@OnEveryPostgres
class GlobalDdlIT {
    private static final String ADMIN = TestPostgres.SUPERUSER;

    private final TestPostgres postgres;

    GlobalDdlIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(int loops, Consumer<DatabaseBuilder> settings) {
        return TestPooler.start(builder ->
                builder.eventLoops(loops).database("*", db -> settings.accept(TestPooler.at(db, postgres))));
    }

    /** How a statement is sent. */
    enum Form {
        QUERY,
        EXTENDED,
        NAMED,
        IN_A_TRANSACTION,
        WITH_OTHERS,
        IN_A_BLOCK;

        void run(WireClient client, String sql) {
            switch (this) {
                case QUERY -> client.run(sql);
                case EXTENDED ->
                    expectNoError(client.parse("", sql).bind("").execute().sync());
                case NAMED ->
                    expectNoError(client.parse("ddl", sql)
                            .bind("ddl")
                            .execute()
                            .closeStatement("ddl")
                            .sync());
                case IN_A_TRANSACTION ->
                    client.run("BEGIN").run(sql).run("SELECT 1").run("COMMIT");
                case WITH_OTHERS -> client.run("SELECT 1; " + sql + "; SELECT 2");
                case IN_A_BLOCK -> client.run("DO $block$ BEGIN " + sql + "; END $block$");
            }
        }

        private static void expectNoError(WireClient client) {
            assertThat(client.exchange()).noneMatch(line -> line.startsWith("ErrorResponse"));
        }
    }

    static Stream<Arguments> changesOfSettings() {
        return Stream.of(
                        "ALTER ROLE %1$s SET DateStyle = 'German'",
                        "ALTER USER \"%1$s\" SET DateStyle TO german",
                        "ALTER ROLE %1$s IN DATABASE %2$s SET DateStyle = 'German'",
                        "ALTER DATABASE %2$s SET DateStyle = 'German'",
                        "ALTER ROLE ALL IN DATABASE %2$s SET DateStyle = 'German'")
                .flatMap(sql -> Stream.of(Form.values())
                        .map(form -> Arguments.of(
                                sql,
                                form,
                                (sql.length() + form.ordinal()) % 2 == 0 ? PoolMode.TRANSACTION : PoolMode.SESSION)));
    }

    @ParameterizedTest
    @MethodSource("changesOfSettings")
    void settingsOfRolesAndDatabasesAreThoseOfTheNextClient(String sql, Form form, PoolMode mode) {
        String role = TestPostgres.uniqueName("role");
        String database = postgres.createDatabase();
        postgres.execute("CREATE ROLE " + role + " LOGIN");
        try (TestPooler pooler = start(2, db -> db.mode(mode));
                WireClient admin = pooler.loginAs(ADMIN, ADMIN)) {
            try (WireClient before = pooler.loginAs(role, database)) {
                assertThat(before.value("SHOW DateStyle")).isEqualTo("ISO, MDY");
                form.run(admin, sql.formatted(role, database));
                for (int i = 0; i < 4; i++) {
                    try (WireClient after = pooler.loginAs(role, database)) {
                        assertThat(after.parameter("DateStyle")).as("told").startsWith("German");
                        assertThat(after.value("SHOW DateStyle")).as("in force").startsWith("German");
                    }
                }
                if (mode == PoolMode.TRANSACTION) {
                    assertThat(before.value("SHOW DateStyle"))
                            .as("who was there before")
                            .isEqualTo("ISO, MDY");
                }
            }
        }
        postgres.execute("DROP DATABASE " + database, "DROP ROLE " + role);
    }

    @Test
    void settingsThatAreRolledBackChangeNothing() {
        String role = TestPostgres.uniqueName("role");
        postgres.execute("CREATE ROLE " + role + " LOGIN");
        try (TestPooler pooler = start(1, db -> {});
                WireClient admin = pooler.loginAs(ADMIN, ADMIN);
                WireClient client = pooler.loginAs(role, TestPostgres.DATABASE)) {
            client.run("SELECT 1");
            admin.run("BEGIN").run("ALTER ROLE " + role + " SET work_mem = '7MB'");
            try (WireClient other = pooler.loginAs(role, TestPostgres.DATABASE)) {
                assertThat(other.value("SHOW work_mem")).isEqualTo("4MB");
            }
            admin.run("ROLLBACK");
            assertThat(client.value("SHOW work_mem")).isEqualTo("4MB");
            Form.QUERY.run(admin, "ALTER ROLE " + role + " SET work_mem = '7MB'");
            try (WireClient other = pooler.loginAs(role, TestPostgres.DATABASE)) {
                assertThat(other.value("SHOW work_mem")).isEqualTo("7MB");
            }
        }
        postgres.execute("DROP ROLE " + role);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void roleThatIsMadeAgainIsTheNewOne(Form form) {
        String role = TestPostgres.uniqueName("role");
        postgres.execute("CREATE ROLE " + role + " LOGIN");
        try (TestPooler pooler = start(2, db -> {});
                WireClient admin = pooler.loginAs(ADMIN, ADMIN)) {
            for (int round = 0; round < 3; round++) {
                try (WireClient client = pooler.loginAs(role, TestPostgres.DATABASE)) {
                    assertThat(client.value("SELECT current_user")).isEqualTo(role);
                    assertThat(client.value("SELECT oid FROM pg_roles WHERE rolname = session_user"))
                            .isEqualTo(postgres.query("SELECT oid FROM pg_roles WHERE rolname = '" + role + "'")
                                    .get(0));
                    client.run("CREATE TEMP TABLE mine (a int) ON COMMIT DROP");
                }
                form.run(admin, "DROP ROLE " + role);
                form.run(admin, "CREATE ROLE " + role + " LOGIN");
            }
        }
        postgres.execute("DROP ROLE " + role);
    }

    @Test
    void roleThatIsDroppedOrRenamedLetsNobodyIn() {
        String role = TestPostgres.uniqueName("role");
        postgres.execute("CREATE ROLE " + role + " LOGIN");
        try (TestPooler pooler = start(1, db -> {});
                WireClient admin = pooler.loginAs(ADMIN, ADMIN)) {
            pooler.loginAs(role, TestPostgres.DATABASE).run("SELECT 1").close();
            admin.run("ALTER ROLE " + role + " RENAME TO " + role + "_new");
            refused(pooler, role, TestPostgres.DATABASE);
            pooler.loginAs(role + "_new", TestPostgres.DATABASE).run("SELECT 1").close();
            admin.run("ALTER ROLE " + role + "_new NOLOGIN");
            refused(pooler, role + "_new", TestPostgres.DATABASE);
            admin.run("DROP ROLE " + role + "_new");
            refused(pooler, role + "_new", TestPostgres.DATABASE);
        }
    }

    private static void refused(TestPooler pooler, String role, String database) {
        try (WireClient client = pooler.connect().startup(role, database)) {
            assertThat(client.readUntilClosed()).last().asString().startsWith("ErrorResponse S \"FATAL\"");
        }
    }

    static Stream<Arguments> statementsThatWantADatabaseForThemselves() {
        return Stream.of(
                        "DROP DATABASE %1$s",
                        "DROP DATABASE IF EXISTS \"%1$s\"",
                        "ALTER DATABASE %1$s RENAME TO %1$s_new",
                        "CREATE DATABASE %1$s_new TEMPLATE %1$s",
                        "create database %1$s_new with owner app template = '%1$s'",
                        "/* a copy */ CREATE DATABASE %1$s_new TEMPLATE=\"%1$s\"")
                .flatMap(sql -> Stream.of(
                        Arguments.of(sql, Form.EXTENDED, 4, PoolMode.TRANSACTION),
                        Arguments.of(sql, Form.NAMED, 1, PoolMode.STATEMENT),
                        Arguments.of(sql, Form.QUERY, 2, PoolMode.SESSION)));
    }

    @ParameterizedTest
    @MethodSource("statementsThatWantADatabaseForThemselves")
    void serversThatNoClientHasUseForDoNotHinder(String sql, Form form, int loops, PoolMode mode) {
        String database = postgres.createDatabase();
        try (TestPooler pooler = TestPooler.start(builder -> builder.eventLoops(loops)
                        .database("*", db -> TestPooler.at(db, postgres).mode(mode))
                        .database(
                                "by_another_name",
                                db -> TestPooler.at(db, postgres)
                                        .databaseName(database)
                                        .user(TestPostgres.USER)
                                        .minConnections(2)
                                        .mode(mode)));
                WireClient admin = pooler.loginAs(ADMIN, ADMIN)) {
            Awaitility.await().until(() -> postgres.backends(database).size() == 2);
            for (int i = 0; i < 6; i++) {
                WireClient client = pooler.loginAs(i % 2 == 0 ? TestPostgres.USER : ADMIN, database);
                client.run("SELECT 1");
                if (i < 3) {
                    client.terminate().send();
                }
                client.close();
            }
            form.run(admin, sql.formatted(database));
        }
        postgres.execute("DROP DATABASE IF EXISTS " + database, "DROP DATABASE IF EXISTS " + database + "_new");
    }

    @Test
    void clientOfTheDatabaseHindersAsASessionWould() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = start(2, db -> {});
                WireClient admin = pooler.loginAs(ADMIN, ADMIN);
                WireClient client = pooler.loginAs(TestPostgres.USER, database)) {
            client.run("SELECT 1");
            assertThat(admin.query("DROP DATABASE " + database).exchange())
                    .first()
                    .asString()
                    .contains("55006");
            assertThat(client.value("SELECT 'alive'")).isEqualTo("alive");
        }
        postgres.execute("DROP DATABASE " + database);
    }

    @Test
    void clientMayUseItsOwnDatabaseAsTemplate() {
        String database = postgres.createDatabase();
        try (TestPooler pooler = start(2, db -> {});
                WireClient owner = pooler.loginAs(ADMIN, database)) {
            try (WireClient one = pooler.loginAs(ADMIN, database);
                    WireClient two = pooler.loginAs(ADMIN, database)) {
                one.run("BEGIN");
                two.run("BEGIN");
                owner.run("SELECT 1");
                one.run("COMMIT");
                two.run("COMMIT");
            }
            owner.run("CREATE DATABASE " + database + "_copy TEMPLATE " + database);
            assertThat(owner.value("SELECT 'alive'")).isEqualTo("alive");
        }
        postgres.execute("DROP DATABASE " + database, "DROP DATABASE " + database + "_copy");
    }

    @Test
    void connectionsOfAuthQueriesDoNotHinder() {
        String database = postgres.createDatabase();
        String role = postgres.createRole("scram-sha-256", "sesame");
        try (TestPooler pooler =
                        TestPooler.start(builder -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                                .credentials(CredentialStore.of(Map.of(ADMIN, "secret")))
                                .authQuery(q -> q.user(ADMIN))
                                .database(ADMIN, db -> TestPooler.at(db, postgres))
                                .database(database, db -> TestPooler.at(db, postgres)));
                WireClient admin = pooler.connect().startup(ADMIN, ADMIN).awaitLogin("secret")) {
            pooler.connect()
                    .startup(role, database)
                    .awaitLogin("sesame")
                    .run("SELECT 1")
                    .close();
            assertThat(postgres.query(
                            "SELECT application_name FROM pg_stat_activity WHERE datname = '" + database + "'"))
                    .contains("pgpool auth_query");
            admin.run("DROP DATABASE " + database);
        }
        postgres.execute("DROP ROLE " + role);
    }

    @Test
    void databaseOrRoleThatIsMadeIsThereAtOnce() {
        String database = TestPostgres.uniqueName("made");
        String role = TestPostgres.uniqueName("role");
        try (TestPooler pooler = start(2, db -> db.connectRetryDelay(Duration.ofMinutes(5)));
                WireClient admin = pooler.loginAs(ADMIN, ADMIN)) {
            // a client stays in the pool, so that what it knows is not forgotten
            refused(pooler, TestPostgres.USER, database);
            refused(pooler, role, TestPostgres.DATABASE);
            admin.run("CREATE DATABASE " + database);
            admin.run("CREATE ROLE " + role + " LOGIN");
            for (String[] who :
                    List.of(new String[] {TestPostgres.USER, database}, new String[] {role, TestPostgres.DATABASE})) {
                try (WireClient client = pooler.loginAs(who[0], who[1])) {
                    assertThat(client.value("SELECT 'there'")).isEqualTo("there");
                }
            }
        }
        postgres.execute("DROP DATABASE " + database, "DROP ROLE " + role);
    }
}
