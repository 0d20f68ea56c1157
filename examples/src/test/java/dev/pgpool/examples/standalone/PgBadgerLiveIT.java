package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.examples.standalone.StandaloneProcess.Said;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's pgBadger finds in our log what it finds in PgBouncer's, by the commands of the documentation. */
class PgBadgerLiveIT {
    private static final int LOGINS = 3;

    private final TestPostgres postgres = TestPostgres.shared(15);

    @TempDir
    Path directory;

    @Test
    void findsConnectionsSessionsErrorsAndStatistics() throws Exception {
        try (StandaloneProcess pooler = new StandaloneProcess(directory, StandaloneProcess.openIni(postgres), "-q")) {
            pooler.awaitReady();
            for (int i = 0; i < LOGINS; i++) {
                assertThat(pooler.psql("boss", "", "app", "SELECT 1")).isEqualTo(new Said(0, "1\n"));
            }
            pooler.psql("boss", "", "nothing", "SELECT 1");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> pooler.log().contains("pooler error")
                            && pooler.log().lines().anyMatch(line -> line.matches(".* LOG stats: \\d+ xacts/s.*"))
                            && pooler.log()
                                            .lines()
                                            .filter(line -> line.matches(".*C-0x.*app/boss@.*closing because.*"))
                                            .count()
                                    == LOGINS);
            pooler.signal("QUIT");
            assertThat(pooler.exitCode()).isZero();
        }
        String page = Files.readString(Path.of("../pgpool-core/docs/console-and-ini.md"));
        String commands = page.substring(page.indexOf("sed -E 's/\\(age="));
        commands = commands.substring(0, commands.indexOf("```"));
        Said ran = StandaloneProcess.run(
                directory, Map.of(), "sh", "-ec", commands.strip() + " -q -x json -o report.json");
        assertThat(ran.code()).as(ran.output()).isZero();
        String report = Files.readString(directory.resolve("report.json"));
        // maps of this report have no order
        assertThat(value(report, "pgb_connection_info"))
                .contains("\"boss\":" + LOGINS, "\"app\":" + LOGINS, "\"127.0.0.1\":");
        assertThat(value(report, "pgb_session_info")).containsPattern("\"app\":\\{[^}]*\"count\":[3-9]");
        assertThat(value(report, "pgb_error_info")).contains("poolererror:nosuchdatabase:nothing");
        assertThat(value(report, "pgb_per_minute_info")).containsPattern("\"t_req\":\"?\\d");
        assertThat(value(report, "pgb_overall_stat")).containsPattern("\"queries_number\":[1-9]");
    }

    /** The object of this name, without blanks. */
    private static String value(String json, String name) {
        int at = json.indexOf("{", json.indexOf("\"" + name + "\":"));
        int depth = 0;
        int end = at;
        do {
            char c = json.charAt(end++);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        } while (depth > 0);
        return json.substring(at, end).replace(" ", "");
    }
}
