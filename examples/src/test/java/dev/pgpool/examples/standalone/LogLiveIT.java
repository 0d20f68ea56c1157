package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.examples.standalone.StandaloneProcess.Said;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log of the standalone process: its lines are PgBouncer's, and go where PgBouncer's would. */
class LogLiveIT {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} UTC ";

    private static final String ADMIN = "admin_users = boss";

    private final TestPostgres postgres = TestPostgres.shared(15);

    @TempDir
    Path directory;

    private static void awaitLine(StandaloneProcess pooler, String pattern) {
        String whole = TIME + "\\[" + pooler.pid() + "\\] " + pattern;
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(pooler.log().lines()).anyMatch(line -> line.matches(whole)));
    }

    @Test
    void linesOfSignalsCommandsAndFigures() throws Exception {
        try (StandaloneProcess pooler =
                new StandaloneProcess(directory, StandaloneProcess.openIni(postgres, ADMIN), "-q")) {
            pooler.awaitReady();
            awaitLine(pooler, "LOG process up: PgBouncer 1\\.25.*");
            assertThat(pooler.psql("boss", "", "app", "SELECT 1")).isEqualTo(new Said(0, "1\n"));
            awaitLine(
                    pooler,
                    "LOG C-0x[0-9a-f]+: app/boss@127\\.0\\.0\\.1:\\d+ login attempt: db=app user=boss tls=no replication=no");
            awaitLine(
                    pooler,
                    "LOG S-0x[0-9a-f]+: app/app@127\\.0\\.0\\.1:\\d+ new connection to server \\(from 127\\.0\\.0\\.1:\\d+\\)");
            awaitLine(
                    pooler,
                    "LOG C-0x[0-9a-f]+: app/boss@127\\.0\\.0\\.1:\\d+ closing because: client close request \\(age=\\d+s\\)");
            assertThat(pooler.psql("boss", "", "nothing", "SELECT 1").output()).contains("no such database: nothing");
            awaitLine(
                    pooler,
                    "WARNING C-0x[0-9a-f]+: nothing/boss@127\\.0\\.0\\.1:\\d+ pooler error: no such database: nothing");
            awaitLine(
                    pooler,
                    "LOG stats: \\d+ xacts/s, \\d+ queries/s, \\d+ client parses/s, \\d+ server parses/s, \\d+ binds/s,"
                            + " in \\d+ B/s, out \\d+ B/s, xact \\d+ us, query \\d+ us, wait \\d+ us");
            assertThat(pooler.psql("boss", "", "pgbouncer", "PAUSE app")).isEqualTo(new Said(0, "PAUSE\n"));
            awaitLine(pooler, "LOG PAUSE 'app' command issued");
            assertThat(pooler.psql("boss", "", "pgbouncer", "RESUME app")).isEqualTo(new Said(0, "RESUME\n"));
            awaitLine(pooler, "LOG RESUME 'app' command issued");
            assertThat(pooler.psql("boss", "", "pgbouncer", "RELOAD")).isEqualTo(new Said(0, "RELOAD\n"));
            awaitLine(pooler, "LOG RELOAD command issued");
            pooler.signal("USR2");
            awaitLine(pooler, "LOG got SIGUSR2, but not paused/suspended");
            pooler.signal("USR1");
            awaitLine(pooler, "LOG got SIGUSR1, pausing all activity");
            pooler.signal("USR1");
            awaitLine(pooler, "LOG got SIGUSR1, but already paused/suspended");
            pooler.signal("USR2");
            awaitLine(pooler, "LOG got SIGUSR2, continuing from PAUSE");
            pooler.signal("HUP");
            awaitLine(pooler, "LOG got SIGHUP, re-reading config");
            pooler.signal("QUIT");
            assertThat(pooler.exitCode()).isZero();
            awaitLine(pooler, "LOG got SIGQUIT, fast exit");
        }
    }

    /** What comes until nothing has come for a second. */
    private static List<String> received(DatagramSocket socket) throws IOException {
        List<String> lines = new ArrayList<>();
        socket.setSoTimeout(1_000);
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
                socket.receive(packet);
                lines.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
            }
        } catch (SocketTimeoutException e) {
            return lines;
        }
    }

    @Test
    void syslogAndVerbosityFollowTheirKeysWhileItRuns() throws Exception {
        try (DatagramSocket syslog = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                StandaloneProcess pooler = new StandaloneProcess(
                        directory,
                        StandaloneProcess.openIni(
                                postgres,
                                ADMIN,
                                "log_stats = 0",
                                "syslog = 1",
                                "syslog_ident = bouncer(1)",
                                "syslog_facility = local3"),
                        Map.of("JAVA_OPTS", "-Dpgpool.syslog=127.0.0.1:" + syslog.getLocalPort()),
                        "-q")) {
            pooler.awaitReady();
            // local3 is 19, LOG is 6 there and WARNING 4
            String start =
                    "[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\S+ bouncer\\(1\\)\\[" + pooler.pid() + "\\]: ";
            assertThat(received(syslog)).anyMatch(line -> line.matches("<158>" + start + "process up: .*"));
            pooler.psql("boss", "", "nothing", "SELECT 1");
            assertThat(received(syslog))
                    .anyMatch(line -> line.matches("<158>" + start + "C-0x[0-9a-f]+: .*login attempt: db=nothing .*"))
                    .anyMatch(line -> line.matches("<156>" + start + "C-0x[0-9a-f]+: .*pooler error: .*"))
                    .allMatch(line -> line.lines().count() == 1);

            // a session that keeps its server is told of by a line for those who want to know more
            pooler.psql("boss", "", "app", "LISTEN news");
            assertThat(pooler.log()).doesNotContain(" DEBUG ", " NOISE ");
            assertThat(pooler.psql("boss", "", "pgbouncer", "SET verbose = 2").code())
                    .isZero();
            pooler.psql("boss", "", "app", "LISTEN news");
            awaitLine(pooler, "DEBUG .*");
            assertThat(received(syslog)).noneMatch(line -> line.startsWith("<159>"));
            assertThat(pooler.psql("boss", "", "pgbouncer", "SET verbose = 7").code())
                    .isNotZero();

            assertThat(pooler.psql("boss", "", "pgbouncer", "SET syslog_facility = user")
                            .code())
                    .isZero();
            received(syslog);
            pooler.psql("boss", "", "app", "SELECT 1");
            assertThat(received(syslog)).isNotEmpty().allMatch(line -> line.startsWith("<14>"));
            assertThat(pooler.psql("boss", "", "pgbouncer", "SET syslog = 0").code())
                    .isZero();
            received(syslog);
            pooler.psql("boss", "", "app", "SELECT 1");
            assertThat(received(syslog)).isEmpty();

            // RELOAD undoes SET
            pooler.signal("HUP");
            await().atMost(Duration.ofSeconds(60)).until(() -> !received(syslog).isEmpty());
        }
    }
}
