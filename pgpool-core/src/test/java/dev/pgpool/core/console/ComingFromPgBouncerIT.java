package dev.pgpool.core.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is different from PgBouncer and shown by no other test; and that the documentation's table of differences names real ones. */
@OnEveryPostgres
class ComingFromPgBouncerIT {
    private final TestPostgres postgres;

    @TempDir
    private Path directory;

    ComingFromPgBouncerIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void eachDifferenceHasItsTest() throws IOException {
        String page = Files.readString(Path.of("docs", "console-and-ini.md"));
        String table = page.substring(page.indexOf("| PgBouncer | here |"), page.indexOf("## PgBouncer's keys"));
        List<String> names = Pattern.compile("`(\\w+(?:IT|Test))`")
                .matcher(table)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("`", ""))
                .distinct()
                .toList();
        assertThat(table.lines().filter(line -> line.startsWith("| ")).skip(1))
                .isNotEmpty()
                .allMatch(line -> line.matches(".*`\\w+(IT|Test)` \\|"));
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".java", "")))
                    .containsAll(names);
        }
    }

    @Test
    void trustIsTheServersToGrant() {
        String role = postgres.createRole("scram-sha-256", "secret");
        try (TestPooler pooler = TestPooler.start(postgres, 1)) {
            // the pooler trusts everybody, but has nothing to show to the server
            try (WireClient client = pooler.connect().startup(role, TestPostgres.DATABASE)) {
                assertThat(client.readUntilClosed()).last().asString().contains("FATAL", "server login failed: ");
            }
            try (WireClient client = pooler.connect().startup("nobody_of_this_name", TestPostgres.DATABASE)) {
                assertThat(client.readUntilClosed()).last().asString().contains("FATAL", "nobody_of_this_name");
            }
        }
    }

    private PgPool of(String app, String... settings) throws IOException {
        List<String> lines = new ArrayList<>(List.of("[databases]", app, "[pgbouncer]"));
        lines.addAll(
                List.of("listen_addr = 127.0.0.1", "listen_port = 0", "unix_socket_dir =", "pool_mode = transaction"));
        lines.addAll(List.of(settings));
        Path file = Files.write(directory.resolve("pgbouncer.ini"), lines);
        return PgPool.of(PgBouncerIni.read(file), PgPoolListener.NONE).start();
    }

    private String server() {
        return "host=" + postgres.host() + " port=" + postgres.port();
    }

    @Test
    void trustKnowsItsUsersWhateverTheirServersUser() throws IOException {
        Path users = Files.writeString(directory.resolve("users.txt"), "\"known\" \"\"\n");
        String hba = "auth_hba_file = " + Files.writeString(directory.resolve("hba"), "host all all all trust\n");
        for (String how : List.of("auth_type = trust", "auth_type = hba")) {
            try (PgPool pool = of("app = user=app " + server(), how, hba, "auth_file = " + users)) {
                try (WireClient known = WireClient.login(pool.address(), "known", "app")) {
                    assertThat(known.value("SELECT current_user")).isEqualTo("app");
                }
                try (WireClient unknown = WireClient.connect(pool.address()).startup("app", "app")) {
                    assertThat(unknown.readUntilClosed())
                            .containsExactly("ErrorResponse S \"FATAL\" C \"28000\""
                                    + " M \"\"trust\" authentication failed for user \"app\"\"");
                }
            }
        }
    }

    @Test
    void trustAsksTheAuthQueryWhoIsThere() throws IOException {
        String role = postgres.createRole("scram-sha-256", "secret");
        try (PgPool pool =
                        of("app = user=app " + server(), "auth_type = trust", "auth_user = " + TestPostgres.SUPERUSER);
                WireClient known = WireClient.login(pool.address(), role, "app");
                WireClient unknown = WireClient.connect(pool.address()).startup("nobody_of_this_name", "app")) {
            assertThat(known.value("SELECT current_user")).isEqualTo("app");
            assertThat(unknown.readUntilClosed()).last().asString().contains("\"trust\" authentication failed");
        }
    }

    @Test
    void anyLetsWhoeverComesInAsTheUserOfTheDatabase() throws IOException {
        try (PgPool pool = of("app = user=app " + server(), "auth_type = any");
                WireClient client = WireClient.login(pool.address(), "nobody_of_this_name", "app");
                WireClient boss = WireClient.login(pool.address(), "whoever", "pgbouncer")) {
            assertThat(client.value("SELECT current_user")).isEqualTo("app");
            assertThat(boss.query("RECONNECT").exchange().get(0)).contains("RECONNECT");
        }
    }

    /** The same user asks wherever the entry says: in a database that only {@code *} serves, or in the client's own. */
    @ParameterizedTest
    @ValueSource(strings = {"auth_dbname = app", "auth_dbname = postgres", ""})
    void authQueriesRunInDatabasesThatOnlyTheFallbackServes(String where) throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        String other = postgres.createDatabase();
        try (PgPool pool =
                of("* = " + server(), "auth_type = scram-sha-256", "auth_user = " + TestPostgres.SUPERUSER, where)) {
            for (String database : List.of("app", other)) {
                try (WireClient client = WireClient.connect(pool.address())
                        .startup(role, database)
                        .awaitLogin("secret")) {
                    assertThat(client.value("SELECT current_database()")).isEqualTo(database);
                }
            }
            String asked = where.isEmpty() ? other : where.replace("auth_dbname = ", "");
            assertThat(postgres.query("SELECT DISTINCT datname FROM pg_stat_activity"
                            + " WHERE application_name = 'pgpool auth_query'"))
                    .contains(asked);
            try (WireClient wrong =
                    WireClient.connect(pool.address()).startup(role, where.isEmpty() ? "no_such_database" : "app")) {
                assertThat(wrong.authenticate("wrong").sqlState()).isIn("28P01", "58000");
            }
        }
    }

    /** A query for all that no entry goes by is not looked at. */
    @Test
    void aQueryThatNoEntryGoesByMayBeOfNoUse() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        try (PgPool pool = of(
                        "app = " + server()
                                + " auth_query='SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1'",
                        "auth_type = scram-sha-256",
                        "auth_user = " + TestPostgres.SUPERUSER,
                        "auth_dbname = app",
                        "auth_query = SELECT 1");
                WireClient client =
                        WireClient.connect(pool.address()).startup(role, "app").awaitLogin("secret")) {
            assertThat(client.value("SELECT current_user")).isEqualTo(role);
        }
    }

    /**
     * Where users are looked up: by the global key, by the one of the entry, for the console, whose users no database of its
     * own can know. A database that no entry serves, or that is the console, is an error of the logins that need it, and of
     * no others.
     *
     * @param databases entries, with {@code @} for the server
     * @param where the key {@code auth_dbname}, if it is given
     * @param asked the database that the client asks for
     * @param in whether it gets in
     */
    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "app = @, none, app, true",
                "app = @, app, app, true",
                "app = @, nowhere, app, false",
                "app = @ auth_dbname=nowhere, app, app, false",
                "app = @ auth_dbname=app, nowhere, app, true",
                "app = @ auth_dbname=pgbouncer, none, app, false",
                "app = @ auth_dbname=pgpool, none, app, false",
                "* = @ auth_dbname=pgbouncer, none, app, false",
                "* = @, nowhere, postgres, false",
                "* = @, postgres, app, true",
                "app = @, app, pgbouncer, true",
                "app = @, app, pgpool, true",
                "app = @, none, pgbouncer, false",
                "* = @, none, pgbouncer, false",
                "app = @, nowhere, pgbouncer, false",
                "* = @, postgres, pgbouncer, true",
            })
    void lookupsThatNoEntryServesAreErrorsOfLogins(String databases, @Nullable String where, String asked, boolean in)
            throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        String name = where == null ? "" : "auth_dbname = " + where;
        Path users = Files.writeString(directory.resolve("users.txt"), "\"known\" \"secret\"\n");
        try (PgPool pool = of(
                databases.replace("@", server()),
                "auth_type = scram-sha-256",
                "auth_user = " + TestPostgres.SUPERUSER,
                "stats_users = " + role,
                "auth_file = " + users,
                name)) {
            try (WireClient client = WireClient.connect(pool.address()).startup(role, asked)) {
                if (in) {
                    client.awaitLogin("secret");
                    assertThat(client.query(
                                            asked.startsWith("pg") && !asked.equals("postgres")
                                                    ? "SHOW POOLS"
                                                    : "SELECT 1")
                                    .exchange())
                            .noneMatch(line -> line.startsWith("ErrorResponse"));
                } else {
                    assertThat(client.authenticate("secret").toString()).contains("58000");
                }
            }
            // whom the file knows needs no lookup
            try (WireClient known = WireClient.connect(pool.address()).startup("known", asked)) {
                assertThat(known.authenticate("").toString()).doesNotContain("58000");
            }
        }
    }

    @Test
    void nobodyIsLookedUpInADisabledDatabase() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        try (PgPool pool = of(
                "app = " + server() + "\npostgres = " + server(),
                "auth_type = scram-sha-256",
                "auth_user = " + TestPostgres.SUPERUSER,
                "auth_dbname = postgres")) {
            pool.disable("postgres");
            try (WireClient client = WireClient.connect(pool.address()).startup(role, "app")) {
                assertThat(client.readUntilClosed())
                        .containsExactly("ErrorResponse S \"FATAL\" C \"55000\""
                                + " M \"authentication database \"postgres\" is disabled\"");
            }
            pool.enable("postgres");
            try (WireClient client =
                    WireClient.connect(pool.address()).startup(role, "app").awaitLogin("secret")) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
                pool.disable("postgres");
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void linesWithCertAreForHostsToo() throws IOException {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Issued server = pki.localhost();
        Path hba = Files.writeString(directory.resolve("hba"), "host all , nothing  app ,bob 0.0.0.0/0 cert\n");
        Path users = Files.writeString(directory.resolve("users.txt"), "\"app\" \"\"\n");
        try (PgPool pool = of(
                        "app = " + server(),
                        "auth_type = hba",
                        "auth_hba_file = " + hba,
                        "auth_file = " + users,
                        "client_tls_sslmode = require",
                        "client_tls_key_file = " + server.key(),
                        "client_tls_cert_file = " + server.certificate(),
                        "client_tls_ca_file = " + pki.trust());
                TlsTunnel app = TlsTunnel.to(pool.address(), pki.context(pki.client("CN=app")));
                TlsTunnel nobody = TlsTunnel.to(pool.address(), pki.context(null));
                WireClient client = WireClient.login(app.address(), "app", "app");
                WireClient refused = WireClient.connect(nobody.address()).startup("app", "app")) {
            assertThat(client.value("SELECT 'in'")).isEqualTo("in");
            assertThat(refused.read().toString()).contains("certificate authentication failed");
        }
    }

    @Test
    void authQueriesGoOnWhileThePoolsArePaused() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        String other = postgres.createRole("scram-sha-256", "secret too");
        try (TestPooler pooler =
                        TestPooler.start(settings -> settings.clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                                .authQuery(query -> query.user(TestPostgres.SUPERUSER))
                                .database(
                                        TestPostgres.DATABASE,
                                        db -> TestPooler.at(db, postgres).user(TestPostgres.USER)));
                WireClient first =
                        pooler.connect().startup(role, TestPostgres.DATABASE).awaitLogin("secret")) {
            first.run("SELECT 1");
            pooler.pool().pause().toCompletableFuture().get(20, TimeUnit.SECONDS);
            try (WireClient second =
                    pooler.connect().startup(other, TestPostgres.DATABASE).awaitLogin("secret too")) {
                assertThat(second.query("SELECT 'later'").send().isReadable(Duration.ofMillis(200)))
                        .isFalse();
                pooler.pool().resume();
                assertThat(second.readUntilReady().get(1)).contains("later");
            }
        }
    }

    @Test
    void suspendLetsTransactionsEndAndKeepsServers() {
        try (TestPooler pooler = TestPooler.start(settings -> settings.database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).maxConnections(2))
                        .adminUsers("boss"));
                WireClient boss = pooler.loginAs("boss", "pgbouncer");
                WireClient client = pooler.login()) {
            client.run("BEGIN");
            int server = client.serverPid();
            boss.query("SUSPEND").send();
            assertThat(boss.isReadable(Duration.ofMillis(200))).isFalse();
            client.run("COMMIT");
            assertThat(boss.readUntilReady().get(0)).contains("CommandComplete", "SUSPEND");
            client.query("SELECT 'later'").send();
            assertThat(client.isReadable(Duration.ofMillis(200))).isFalse();
            assertThat(boss.query("SHOW STATE").exchange()).anyMatch(row -> row.contains("'suspended' 3 'yes'"));
            boss.query("RESUME").exchange();
            assertThat(client.readUntilReady().get(1)).contains("later");
            assertThat(client.serverPid()).isEqualTo(server);
        }
    }
}
