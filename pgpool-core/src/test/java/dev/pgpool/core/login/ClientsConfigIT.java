package dev.pgpool.core.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ClientInfo;
import io.netty.channel.epoll.Epoll;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where clients come from is in the name of their application; they are greeted; simple queries may be disallowed. */
@OnEveryPostgres
class ClientsConfigIT {
    private static final String NAME = "application_name";
    /** Settings that only a server of the client's own can take, or that make it a replication client. */
    private static final List<String> OWN_SERVER = List.of("ignore_system_indexes", "off");

    private static final List<String> REPLICATION = List.of("replication", "database");

    private final TestPostgres postgres;

    ClientsConfigIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(Consumer<PgPoolBuilder> settings) {
        return TestPooler.start(builder -> settings.accept(builder.adminUsers("boss")
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(1).user(TestPostgres.SUPERUSER))));
    }

    private static WireClient login(TestPooler pooler, List<String> parameters) {
        return WireClient.login(
                pooler.address(), TestPostgres.SUPERUSER, TestPostgres.DATABASE, parameters.toArray(String[]::new));
    }

    private static String from(WireClient client) {
        return " - 127.0.0.1:" + client.localPort();
    }

    private static String shown(WireClient client) {
        return String.valueOf(client.value("SHOW application_name"));
    }

    @Test
    void placesAreAddedToNamesAtTheStart() {
        try (TestPooler pooler = start(builder -> builder.applicationNameAddHost(true));
                WireClient psql = login(pooler, List.of(NAME, "psql"));
                WireClient nameless = login(pooler, List.of());
                WireClient byOptions = login(pooler, List.of("options", "-c application_name=mine"));
                WireClient twice = login(pooler, List.of(NAME, "first", NAME, "second"));
                WireClient upper = login(pooler, List.of("Application_Name", "upper"));
                WireClient empty = login(pooler, List.of(NAME, ""))) {
            // one server for all of them: the name follows its client
            assertThat(shown(psql)).isEqualTo("psql" + from(psql));
            assertThat(shown(nameless)).isEqualTo("app" + from(nameless));
            assertThat(shown(byOptions)).isEqualTo("app" + from(byOptions));
            assertThat(shown(twice)).isEqualTo("second" + from(twice));
            assertThat(shown(upper)).isEqualTo("upper" + from(upper));
            assertThat(shown(empty)).isEqualTo(from(empty));
            assertThat(shown(psql)).isEqualTo("psql" + from(psql));
            assertThat(psql.parameter(NAME)).isEqualTo("psql" + from(psql));
            assertThat(pooler.pool().clients())
                    .extracting(ClientInfo::applicationName)
                    .contains("psql" + from(psql), "app" + from(nameless));
            assertThat(psql.value("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
                    .isEqualTo("psql" + from(psql));
        }
    }

    @Test
    void whatIsSetLaterIsTakenAsItIs() {
        try (TestPooler pooler = start(builder -> builder.applicationNameAddHost(true));
                WireClient client = login(pooler, List.of(NAME, "psql"))) {
            for (String back : List.of("RESET application_name", "RESET ALL", "DISCARD ALL")) {
                client.run("SET application_name TO 'chosen'");
                assertThat(shown(client)).isEqualTo("chosen");
                client.run(back);
                assertThat(shown(client)).as(back).isEqualTo("psql" + from(client));
            }
        }
    }

    @Test
    void namesAreCutAndCleanedAsTheServerDoesIt() {
        String longName = "x".repeat(50);
        try (TestPooler pooler = start(builder -> builder.applicationNameAddHost(true));
                WireClient cut = login(pooler, List.of(NAME, longName));
                WireClient none = login(pooler, List.of(NAME, "y".repeat(80)));
                WireClient foreign = login(pooler, List.of(NAME, "caf\u00e9"));
                WireClient direct = WireClient.login(
                        postgres.address(), TestPostgres.USER, TestPostgres.DATABASE, NAME, "caf\u00e9")) {
            assertThat(shown(cut)).isEqualTo((longName + from(cut)).substring(0, 63));
            assertThat(shown(none)).isEqualTo("y".repeat(63));
            assertThat(shown(foreign)).isEqualTo(shown(direct) + from(foreign));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ownServersHaveThePlaceToo(boolean replication) {
        List<String> own = replication ? REPLICATION : OWN_SERVER;
        try (TestPooler pooler = start(builder -> builder.applicationNameAddHost(true));
                WireClient client = login(pooler, List.of(own.get(0), own.get(1), NAME, "mine"))) {
            assertThat(shown(client)).isEqualTo("mine" + from(client));
        }
    }

    @Test
    void processesAreNamedWhereClientsComeByUnixSocket(@TempDir Path directory) {
        try (TestPooler pooler =
                start(builder -> builder.applicationNameAddHost(true).unixSocketDirectory(directory))) {
            int port = pooler.address().getPort();
            try (WireClient client = WireClient.login(
                    UnixDomainSocketAddress.of(directory.resolve(".s.PGSQL." + port)),
                    TestPostgres.SUPERUSER,
                    TestPostgres.DATABASE,
                    NAME,
                    "me")) {
                String process = ProcessHandle.current().pid() + "@";
                assertThat(shown(client))
                        .startsWith("me - unix" + (Epoll.isAvailable() ? "(" + process : ""))
                        .matches(Epoll.isAvailable() ? ".*\\):" + port : ".*:" + port);
            }
        }
    }

    @Test
    void everyClientIsGreetedAtTheEndOfItsLogin() {
        String text = "gr\u00fc\u00df dich: %s \"quoted\"";
        try (TestPooler pooler = start(builder -> builder.loginNotice(text))) {
            for (List<String> parameters : List.of(List.<String>of(), OWN_SERVER, REPLICATION)) {
                try (WireClient client = login(pooler, parameters)) {
                    assertThat(client.transcript().lines())
                            .as("%s", parameters)
                            .endsWith(
                                    "B NoticeResponse S \"NOTICE\" C \"00000\" M \"" + text + "\"",
                                    "B ReadyForQuery I");
                    assertThat(client.value("SELECT 1")).isEqualTo("1");
                }
            }
            try (WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
                assertThat(boss.transcript().lines()).last().asString().isEqualTo("B ReadyForQuery I");
                assertThat(boss.transcript().lines()).anyMatch(line -> line.contains(text));
            }
        }
    }

    @Test
    void noticesWithoutEndAreProblems() {
        assertThatThrownBy(() -> start(builder -> builder.loginNotice("a\0b")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("clients.loginNotice: a text with a NUL (expected: a text without one)");
    }

    private static void assertRefused(WireClient client) {
        assertThat(client.readUntilClosed())
                .last()
                .asString()
                .contains("S \"FATAL\"", "C \"0A000\"", "M \"PQexec disallowed\"");
    }

    @ParameterizedTest
    @EnumSource(PoolMode.class)
    void simpleQueriesAreRefusedWhereTheyAreDisallowed(PoolMode mode) {
        try (TestPooler pooler = start(builder -> builder.simpleQueries(false).poolMode(mode));
                WireClient simple = login(pooler, List.of())) {
            simple.query("SELECT 1").send();
            assertRefused(simple);
            assertThat(pooler.pool().servers()).hasSizeLessThanOrEqualTo(1);
            try (WireClient extended = login(pooler, List.of());
                    WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
                assertThat(extended.parse("", "SELECT 'extended'")
                                .bind("")
                                .execute()
                                .sync()
                                .exchange())
                        .contains("DataRow 1 8 'extended'");
                assertThat(boss.query("SHOW POOLS").exchange()).isNotEmpty();
            }
        }
    }

    /** Behind messages that a server has, in one write with them, or when only its first bytes have come. */
    @ParameterizedTest
    @ValueSource(strings = {"in a transaction", "behind a batch without end", "half a message"})
    void nothingOfARefusedQueryReachesTheServer(String how) {
        String table = TestPostgres.uniqueName("refused");
        postgres.execute("CREATE TABLE " + table + "(i int)");
        String insert = "INSERT INTO " + table + " VALUES (1)";
        try (TestPooler pooler = start(builder -> builder.simpleQueries(false));
                WireClient client = login(pooler, List.of());
                WireClient next = login(pooler, List.of())) {
            client.parse("", "BEGIN").bind("").execute().sync().exchange();
            switch (how) {
                case "in a transaction" -> {
                    client.parse("", insert).bind("").execute().sync().exchange();
                    client.query("COMMIT").send();
                }
                case "behind a batch without end" ->
                    client.parse("", insert)
                            .bind("")
                            .execute()
                            .query("COMMIT; " + insert)
                            .send();
                default -> {
                    client.parse("", insert).bind("").execute().sync().exchange();
                    client.sendRaw(Frontend.query("COMMIT"), 0, 8);
                }
            }
            assertRefused(client);
            // the only server is clean again
            assertThat(next.parse("", "SELECT count(*) FROM " + table)
                            .bind("")
                            .execute()
                            .sync()
                            .exchange())
                    .contains("DataRow 1 1 '0'");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ownServersGetNoSimpleQueriesEither(boolean replication) {
        try (TestPooler pooler = start(builder -> builder.simpleQueries(false));
                WireClient client = login(pooler, replication ? REPLICATION : OWN_SERVER)) {
            client.query("SELECT 1").send();
            assertRefused(client);
            await().atMost(Wire.PATIENCE).until(() -> pooler.pool().servers().isEmpty());
        }
    }
}
