package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to connections is logged in PgBouncer's words, and told to clients in PostgreSQL's with PgBouncer's behind them. */
class ConnectionLogIT {
    private static final String CLIENT = "C-0x[0-9a-f]+: %s@127\\.0\\.0\\.1:\\d+ ";
    private static final String AGE = " \\(age=\\d+s\\)";

    private final TestPostgres postgres = TestPostgres.shared(18);

    @TempDir
    Path directory;

    private PgPool pool(String app, String... settings) throws IOException {
        List<String> lines = new ArrayList<>(List.of("[databases]", app, "[pgbouncer]"));
        lines.addAll(List.of("listen_addr = 127.0.0.1", "listen_port = 0", "unix_socket_dir ="));
        lines.addAll(List.of(settings));
        PgBouncerIni ini = PgBouncerIni.read(Files.write(directory.resolve("pgbouncer.ini"), lines));
        return PgPool.of(ini, new ConnectionLog(ini)).start();
    }

    private Path users(String... lines) throws IOException {
        return Files.write(directory.resolve("users.txt"), List.of(lines));
    }

    private String server() {
        return "host=" + postgres.host() + " port=" + postgres.port();
    }

    /** Each line is matched whole by the pattern, one after the other, others may be between them. */
    private static void assertInOrder(LogCapture log, String... patterns) {
        await().untilAsserted(() -> {
            List<String> rest = new ArrayList<>(log.lines());
            for (String pattern : patterns) {
                List<String> before = List.copyOf(rest);
                while (!rest.isEmpty() && !rest.get(0).matches(pattern)) {
                    rest.remove(0);
                }
                assertThat(rest)
                        .as("%s in %s", pattern, String.join("\n", before))
                        .isNotEmpty();
                rest.remove(0);
            }
        });
    }

    /** All fields of the error that a client gets without being asked for anything. */
    private static String told(WireClient client) {
        Message message = client.read();
        while (!message.isError()) {
            message = client.read();
        }
        return message.fields().toString();
    }

    private static String client(String name) {
        return String.format(CLIENT, name);
    }

    private String toServer(String name) {
        return "S-0x[0-9a-f]+: " + name + "@127\\.0\\.0\\.1:" + postgres.port() + " ";
    }

    @Test
    void loginsServersAndCloses() throws IOException {
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool(
                        "app = user=app dbname=postgres " + server(), "auth_type = any", "pool_mode = transaction")) {
            try (WireClient in = WireClient.login(pool.address(), "boss", "app")) {
                in.run("SELECT 1");
            }
            assertInOrder(
                    log,
                    "INFO " + client("app/boss") + "login attempt: db=app user=boss tls=no replication=no",
                    "INFO " + toServer("app/app") + "new connection to server \\(from 127\\.0\\.0\\.1:\\d+\\)",
                    "INFO " + client("app/boss") + "closing because: client (close request|unexpected eof)" + AGE);
            pool.reconnect();
            assertInOrder(log, "INFO " + toServer("app/app") + "closing because: database configuration changed" + AGE);
        }
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("md5", "known", "wrong", "app", "28P01", "password authentication failed", ""),
                Arguments.of(
                        "md5",
                        "stranger",
                        "x",
                        "app",
                        "28P01",
                        "password authentication failed",
                        "no such user: stranger"),
                Arguments.of("scram-sha-256", "known", "wrong", "app", "28P01", "SASL authentication failed", ""),
                Arguments.of(
                        "scram-sha-256",
                        "stranger",
                        "x",
                        "app",
                        "28P01",
                        "SASL authentication failed",
                        "no such user: stranger"),
                Arguments.of("plain", "known", "wrong", "app", "28P01", "password authentication failed", ""),
                Arguments.of(
                        "trust",
                        "stranger",
                        "",
                        "app",
                        "28000",
                        "\"trust\" authentication failed",
                        "no such user: stranger"),
                Arguments.of(
                        "trust",
                        "known",
                        "",
                        "nothing",
                        "3D000",
                        "no such database: nothing",
                        "login failed: db=nothing user=known"),
                Arguments.of("cert", "known", "", "app", "28000", "certificate authentication failed", ""));
    }

    /** The words stand in the log, and the client finds them in message or detail. */
    @ParameterizedTest
    @MethodSource("refusals")
    void clientsThatAreRefused(
            String type, String user, String password, String database, String sqlState, String words, String before)
            throws IOException {
        Path file = users("\"known\" \"secret\"");
        String how = type.equals("cert") ? hba("host all all all cert") : "auth_type = " + type;
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool("app = user=app dbname=postgres " + server(), how, "auth_file = " + file)) {
            try (WireClient refused = WireClient.connect(pool.address()).startup(user, database)) {
                String said = type.equals("trust") || type.equals("cert")
                        ? told(refused)
                        : refused.authenticate(password).fields().toString();
                assertThat(said).contains("S=FATAL", "C=" + sqlState, words);
            }
            String name = client(database + "/" + user);
            if (!before.isEmpty()) {
                assertInOrder(log, "INFO " + name + before);
            }
            assertInOrder(
                    log,
                    "INFO " + name + "login attempt: db=" + database + " user=" + user + " tls=no replication=no",
                    "INFO " + name + "closing because: " + words + AGE,
                    "WARN " + name + "pooler error: " + words);
        }
    }

    private String hba(String line) throws IOException {
        return "auth_type = hba\nauth_hba_file = " + Files.writeString(directory.resolve("hba"), line + "\n");
    }

    /** That a server knows no such user is logged; to the client it would tell who exists. */
    @ParameterizedTest
    @ValueSource(strings = {"md5", "scram-sha-256", "plain"})
    void userWhomTheAuthQueryDoesNotFind(String type) throws IOException {
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool(
                        "app = user=app dbname=postgres " + server(),
                        "auth_type = " + type,
                        "auth_user = " + TestPostgres.SUPERUSER)) {
            try (WireClient refused = WireClient.connect(pool.address()).startup("stranger", "app")) {
                assertThat(refused.authenticate("x").fields().toString())
                        .contains("authentication failed")
                        .doesNotContain("no such user");
            }
            assertInOrder(
                    log,
                    "INFO " + toServer("app/" + TestPostgres.SUPERUSER) + "new connection to server \\(from .*\\)",
                    "INFO " + client("app/stranger") + "closing because: no such user" + AGE);
        }
    }

    @Test
    void secretOfTheWrongKind() throws IOException {
        String role = postgres.createRole("scram-sha-256", "secret");
        Path file = users("\"" + role + "\" \"md5" + "0".repeat(32) + "\"");
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool(
                        "app = dbname=postgres " + server(),
                        "auth_type = trust",
                        "auth_file = " + file,
                        "server_login_retry = 0")) {
            try (WireClient refused = WireClient.connect(pool.address()).startup(role, "app")) {
                assertThat(told(refused))
                        .contains("M=server login failed: ", "D=wrong password type")
                        .doesNotContain("0".repeat(32));
            }
            assertInOrder(
                    log,
                    "ERROR " + toServer("app/" + role) + "cannot do authentication: wrong password type",
                    "INFO " + toServer("app/" + role) + "closing because: failed to answer authreq" + AGE,
                    "INFO " + client("app/" + role) + "closing because: server login failed: wrong password type"
                            + AGE);
        }
    }

    @Test
    void serverThatRefusesTheLogin() throws IOException {
        String words = "database \"not_there\" does not exist";
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool("app = user=app dbname=not_there " + server(), "auth_type = any")) {
            try (WireClient refused = WireClient.connect(pool.address()).startup("boss", "app")) {
                assertThat(refused.readUntilClosed().toString()).contains("3D000", words);
            }
            assertInOrder(
                    log,
                    "INFO " + toServer("app/app") + "new connection to server \\(from .*\\)",
                    "WARN server login failed: FATAL " + words,
                    "INFO " + toServer("app/app") + "closing because: " + words + AGE,
                    "INFO " + client("app/boss") + "closing because: " + words + AGE);
        }
    }

    @Test
    void walsenderThatIsRefused() throws IOException {
        String role = postgres.createRole("scram-sha-256", "secret");
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool(
                        "app = dbname=postgres user=" + role + " password=secret " + server(), "auth_type = any")) {
            try (WireClient refused =
                    WireClient.connect(pool.address()).startup("boss", "app", "replication", "database")) {
                assertThat(told(refused)).contains("S=FATAL", "C=42501", "M=permission denied");
            }
            assertInOrder(
                    log,
                    "INFO .* login attempt: db=app user=boss tls=no replication=database",
                    "ERROR S: login failed: FATAL: .+",
                    "INFO " + toServer("app/" + role) + "closing because: login failed" + AGE,
                    "INFO " + client("app/boss") + "closing because: login failed" + AGE);
        }
    }

    @Test
    void serversThatCanNotBeReached() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        for (List<String> place : List.of(
                List.of("127.0.0.1", "127\\.0\\.0\\.1", "connect failed"),
                List.of("no-such-host.invalid", "no-such-host\\.invalid", "server DNS lookup failed"))) {
            try (LogCapture log = LogCapture.everything();
                    PgPool pool = pool(
                            "app = user=app host=" + place.get(0) + " port=" + port,
                            "auth_type = any",
                            "query_wait_timeout = 1");
                    WireClient waits = WireClient.connect(pool.address()).startup("boss", "app")) {
                assertThat(waits.readUntilClosed().toString()).contains("FATAL");
                assertInOrder(
                        log,
                        "INFO S-0x[0-9a-f]+: app/app@" + place.get(1) + ":" + port + " closing because: " + place.get(2)
                                + AGE);
            }
        }
    }

    @Test
    void databaseThatTheFallbackServes() throws IOException {
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool("* = user=app " + server(), "auth_type = any")) {
            try (WireClient in = WireClient.login(pool.address(), "boss", TestPostgres.DATABASE)) {
                in.run("SELECT 1");
            }
            assertInOrder(log, "INFO registered new auto-database: " + TestPostgres.DATABASE);
        }
    }

    @Test
    void reserveThatIsUsed() throws IOException {
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool(
                        "app = user=app dbname=postgres " + server(),
                        "auth_type = any",
                        "default_pool_size = 1",
                        "reserve_pool_size = 1",
                        "reserve_pool_timeout = 0.1");
                WireClient first = WireClient.login(pool.address(), "boss", "app")) {
            first.run("BEGIN");
            try (WireClient second = WireClient.login(pool.address(), "other", "app")) {
                second.run("SELECT 1");
            }
            assertInOrder(log, "WARN " + client("app/other") + "taking connection from reserve_pool");
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("reserve_pool"))
                    .hasSize(1);
        }
    }

    @Test
    void queriesThatTakeTooLong() throws IOException {
        String[] ini = {"app = user=app dbname=postgres " + server(), "auth_type = any", "query_timeout = 0.2"};
        for (boolean told : new boolean[] {true, false}) {
            try (LogCapture log = LogCapture.everything();
                    PgPool pool = pool(ini[0], ini[1], ini[2], "log_pooler_errors = " + (told ? 1 : 0));
                    WireClient client = WireClient.login(pool.address(), "boss", "app")) {
                assertThat(client.query("SELECT pg_sleep(20)").exchange().toString())
                        .contains("57014");
                assertThat(client.value("SELECT 1")).isEqualTo("1");
                if (told) {
                    assertInOrder(log, "WARN " + client("app/boss") + "pooler error: query timeout");
                } else {
                    assertThat(log.lines()).noneMatch(line -> line.contains("pooler error"));
                }
            }
        }
    }

    /** Also while it runs. */
    @Test
    void keysSayWhatIsLogged() throws IOException {
        Path file = users("\"boss\" \"\"");
        try (PgPool pool = pool(
                        "app = user=app dbname=postgres " + server(),
                        "auth_type = trust",
                        "auth_file = " + file,
                        "admin_users = boss",
                        "log_connections = 0",
                        "log_disconnections = 0",
                        "log_pooler_errors = 0");
                WireClient console = WireClient.login(pool.address(), "boss", "pgbouncer")) {
            List<String> kinds = List.of("login attempt", "new connection", "closing because", "pooler error");
            assertThat(logged(pool, kinds)).isEmpty();
            console.run("SET log_connections = 1");
            assertThat(logged(pool, kinds)).containsExactlyInAnyOrder("login attempt", "new connection");
            console.run("SET log_connections = 0");
            console.run("SET log_disconnections = 1");
            assertThat(logged(pool, kinds)).containsExactly("closing because");
            console.run("SET log_disconnections = 0");
            console.run("SET log_pooler_errors = 1");
            assertThat(logged(pool, kinds)).containsExactly("pooler error");
        }
    }

    private static List<String> logged(PgPool pool, List<String> kinds) {
        try (LogCapture log = LogCapture.everything()) {
            pool.reconnect();
            try (WireClient in = WireClient.login(pool.address(), "boss", "app")) {
                in.run("SELECT 1");
            }
            try (WireClient refused = WireClient.connect(pool.address()).startup("stranger", "app")) {
                refused.readUntilClosed();
            }
            await().until(() -> pool.clients().size() == 1);
            String text = log.text();
            return kinds.stream().filter(text::contains).toList();
        }
    }

    @Test
    void namesThatClientsChooseDoNotBeginLines() throws IOException {
        try (LogCapture log = LogCapture.everything();
                PgPool pool = pool("app = user=app dbname=postgres " + server(), "auth_type = any")) {
            String forged = "x\nLOG forged\r\u0085\u2028\u001b[2J\u202e";
            try (WireClient refused = WireClient.connect(pool.address()).startup(forged, forged)) {
                refused.readUntilClosed();
            }
            await().until(() -> log.text().contains("closing because"));
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("forged") && line.contains("C-0x"))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(
                                    line.codePoints().filter(c -> c < 0x20 || c == 0x85 || c == 0x2028 || c == 0x202e))
                            .isEmpty());
            assertThat(Arrays.asList(log.text().split("\\R"))).noneMatch(line -> line.startsWith("LOG"));
        }
    }
}
