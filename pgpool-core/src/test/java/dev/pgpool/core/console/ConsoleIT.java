package dev.pgpool.core.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The admin console, spoken to in PostgreSQL's protocol. */
@OnEveryPostgres
class ConsoleIT {
    private final TestPostgres postgres;

    ConsoleIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start() {
        return TestPooler.start(settings -> settings.database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(2))
                .adminUsers("boss")
                .statsUsers("watcher"));
    }

    private static List<String> run(WireClient console, String sql) {
        return console.query(sql).exchange();
    }

    @Test
    void operatorsLogInAndLook() {
        try (TestPooler pooler = start();
                WireClient client = pooler.login();
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient watcher = pooler.loginAs("watcher", "pgpool")) {
            client.run("BEGIN");
            assertThat(boss.parameter("server_version")).isEqualTo("1.25.2/bouncer");
            assertThat(run(boss, "SHOW VERSION;").get(1)).contains("PgBouncer 1.25.2");
            for (String what : List.of(
                    "STATS",
                    "STATS_TOTALS",
                    "STATS_AVERAGES",
                    "TOTALS",
                    "CLIENTS",
                    "SERVERS",
                    "SOCKETS",
                    "ACTIVE_SOCKETS",
                    "POOLS",
                    "PEER_POOLS",
                    "PEERS",
                    "LISTS",
                    "USERS",
                    "DATABASES",
                    "CONFIG",
                    "STATE",
                    "MEM",
                    "DNS_HOSTS",
                    "DNS_ZONES",
                    "LATENCIES",
                    "EVENTS",
                    "HELP")) {
                assertThat(run(watcher, "show " + what.toLowerCase(Locale.ROOT)))
                        .as(what)
                        .noneMatch(message -> message.startsWith("ErrorResponse"))
                        .anyMatch(message -> message.startsWith("CommandComplete") && message.contains("SHOW"));
            }
            assertThat(run(boss, "SHOW SERVERS").stream().filter(m -> m.startsWith("DataRow")))
                    .singleElement()
                    .asString()
                    .contains("'active'", "'" + TestPostgres.DATABASE + "'");
        }
    }

    @Test
    void nobodyElseGetsIn() {
        try (TestPooler pooler = start();
                WireClient stranger = pooler.connect().startup(TestPostgres.USER, "pgbouncer")) {
            assertThat(stranger.readUntilClosed()).last().asString().contains("42501", "permission denied");
        }
    }

    @Test
    void statsUsersMayOnlyLook() {
        try (TestPooler pooler = start();
                WireClient watcher = pooler.loginAs("watcher", "pgbouncer");
                WireClient client = pooler.login()) {
            for (String command : List.of(
                    "PAUSE",
                    "RESUME",
                    "DISABLE app",
                    "ENABLE app",
                    "RECONNECT",
                    "KILL",
                    "KILL_CLIENT 1",
                    "RELOAD",
                    "WAIT_CLOSE",
                    "SET max_client_conn = 1",
                    "SHUTDOWN",
                    "SUSPEND",
                    "SHOW FDS",
                    "NONSENSE")) {
                assertThat(run(watcher, command).get(0))
                        .as(command)
                        .contains("ErrorResponse", "42501", "admin access needed");
            }
            assertThat(client.value("SELECT 'unharmed'")).isEqualTo("unharmed");
        }
    }

    @Test
    void pauseAndResumeAndCancel() {
        try (TestPooler pooler = start();
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            boss.query("PAUSE").send();
            assertThat(boss.isReadable(Duration.ofMillis(300))).isFalse();
            busy.run("COMMIT");
            assertThat(boss.readUntilReady()).first().asString().contains("CommandComplete", "PAUSE");
            assertThat(run(boss, "PAUSE").get(0)).contains("already suspended/paused");
            assertThat(run(boss, "SHOW STATE")).anyMatch(row -> row.contains("'paused' 3 'yes'"));
            busy.query("SELECT 'later'").send();
            assertThat(run(boss, "RESUME").get(0)).contains("CommandComplete", "RESUME");
            assertThat(busy.readUntilReady().get(1)).contains("later");

            busy.run("BEGIN");
            boss.query("PAUSE app").send();
            await().until(() -> pooler.snapshot().databases().get(0).paused());
            try (WireClient canceller = boss.cancel(pooler.address())) {
                canceller.readUntilClosed();
            }
            assertThat(boss.readUntilReady()).first().asString().contains("57014", "user request");
            assertThat(pooler.snapshot().databases().get(0).paused()).isFalse();
            busy.run("COMMIT");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PAUSE, RESUME",
        "PAUSE, cancel",
        "PAUSE app, RESUME app",
        "PAUSE app, RESUME",
        "PAUSE app, cancel",
        "SUSPEND, RESUME",
        "SUSPEND, cancel",
        "WAIT_CLOSE, cancel",
        "WAIT_CLOSE app, cancel"
    })
    void commandThatIsRevokedIsNotSaidToBeDone(String command, String revoked) {
        try (TestPooler pooler = start();
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient other = pooler.loginAs("boss", "pgbouncer");
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            if (command.startsWith("WAIT_CLOSE")) {
                run(other, "RECONNECT");
            }
            boss.query(command).send();
            assertThat(boss.isReadable(Duration.ofMillis(250))).isFalse();
            if (revoked.equals("cancel")) {
                boss.cancel(pooler.address()).close();
            } else {
                assertThat(run(other, revoked).get(0)).contains("CommandComplete");
            }
            assertThat(boss.readUntilReady()).hasSize(2).first().asString().contains("ErrorResponse", "57014");
            assertThat(busy.value("SELECT 'undisturbed'")).isEqualTo("undisturbed");
            busy.run("COMMIT");
            assertThat(busy.value("SELECT 'not paused'")).isEqualTo("not paused");
            assertThat(run(boss, "PAUSE").get(0)).as("goes on").contains("CommandComplete");
        }
    }

    @Test
    void clientsAreKilledByTheNumberThatIsShown() {
        try (TestPooler pooler = start();
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient victim = pooler.login("application_name", "victim")) {
            int id = pooler.pool().clients().stream()
                    .filter(client -> client.applicationName().equals("victim"))
                    .findFirst()
                    .orElseThrow()
                    .id();
            assertThat(run(boss, "SHOW CLIENTS"))
                    .anyMatch(row -> row.contains("'victim'") && row.contains("'" + id + "'"));
            assertThat(run(boss, "KILL_CLIENT x").get(0)).contains("invalid client pointer supplied");
            assertThat(run(boss, "KILL_CLIENT 99999").get(0)).contains("client not found");
            assertThat(run(boss, "KILL_CLIENT " + id).get(0)).contains("CommandComplete", "KILL_CLIENT");
            assertThat(victim.readUntilClosed()).last().asString().contains("admin forced disconnect");
        }
    }

    @Test
    void extendedQueriesAreRefusedAndTheSessionGoesOn() {
        try (TestPooler pooler = start();
                WireClient boss = pooler.loginAs("boss", "pgbouncer")) {
            for (int i = 0; i < 2; i++) {
                assertThat(boss.parse("", "SHOW POOLS")
                                .bind("")
                                .describePortal("")
                                .execute()
                                .sync()
                                .exchange())
                        .containsExactly(
                                "ErrorResponse S \"ERROR\" C \"08P01\""
                                        + " M \"extended query protocol not supported by admin console\""
                                        + " H \"Use simple queries.\"",
                                "ReadyForQuery I");
                assertThat(run(boss, "SHOW VERSION").get(1)).contains("PgBouncer 1.25.2");
            }
            assertThat(boss.sync().exchange()).containsExactly("ReadyForQuery I");
        }
    }

    /** The cells of the row that begins with this. */
    private static List<String> rowOf(WireClient console, String table, String first) {
        return run(console, table).stream()
                .filter(row -> row.startsWith("DataRow"))
                .map(row -> Pattern.compile(" (?:-1|\\d+ '([^']*)')")
                        .matcher(row.replaceFirst("DataRow \\d+", ""))
                        .results()
                        .map(cell -> cell.group(1) == null ? "" : cell.group(1))
                        .toList())
                .filter(cells -> cells.get(0).equals(first))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void operatorsAreClientsOfTheConsolesDatabase() {
        try (TestPooler pooler = TestPooler.start(settings -> {
                    settings.database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres));
                    settings.adminUsers("boss").statsUsers("watcher").maxClientConnections(3);
                    settings.user("watcher", user -> user.maxClients(1)).user("boss", user -> user.maxClients(1));
                });
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient second = pooler.loginAs("boss", "pgbouncer")) {
            assertThat(rowOf(boss, "SHOW POOLS", "pgbouncer").subList(1, 4)).containsExactly("pgbouncer", "2", "0");
            assertThat(rowOf(boss, "SHOW DATABASES", "pgbouncer").subList(13, 16))
                    .containsExactly("0", "2", "0");
            assertThat(rowOf(boss, "SHOW USERS", "boss").subList(5, 8)).containsExactly("0", "1", "2");
            // the command that asks counts as well
            int commands = 3;
            for (int i = 0; i < 3; i++) {
                commands++;
                assertThat(rowOf(second, "SHOW STATS", "pgbouncer").subList(1, 4))
                        .containsExactly("0", "" + commands, "" + commands);
                commands++;
                assertThat(rowOf(boss, "SHOW STATS_TOTALS", "pgbouncer").subList(1, 4))
                        .containsExactly("0", "" + commands, "" + commands);
            }
            assertThat(rowOf(boss, "SHOW TOTALS", "total_query_count"))
                    .containsExactly("total_query_count", "" + (commands + 1));
            try (WireClient watcher = pooler.loginAs("watcher", "pgbouncer");
                    WireClient more = pooler.connect().startup("watcher", "pgbouncer");
                    WireClient admin = pooler.loginAs("boss", "pgbouncer");
                    WireClient full = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
                assertThat(more.readUntilClosed()).last().asString().contains("max_user_client_connections");
                assertThat(full.readUntilClosed()).last().asString().contains("max_client_conn)");
                assertThat(run(admin, "SHOW VERSION")).hasSize(4);
                assertThat(run(watcher, "SHOW VERSION")).hasSize(4);
            }
        }
    }

    @Test
    void shutdownWaitsForServersAndThenEnds() throws Exception {
        try (TestPooler pooler = start();
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient busy = pooler.login()) {
            busy.run("BEGIN");
            assertThat(run(boss, "SHUTDOWN WAIT_FOR_SERVERS").get(0)).contains("CommandComplete", "SHUTDOWN");
            assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            busy.query("COMMIT").send();
            assertThat(busy.readUntilClosed()).last().asString().contains("57P01");
            pooler.pool().whenClosed().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }
}
