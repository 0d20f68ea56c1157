package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.examples.standalone.StandaloneProcess.Said;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher answers without starting anything. */
class AnswersIT {
    @TempDir
    Path directory;

    /** The port is no port and the log a file: an answer that began to listen or to log would fail. */
    private static final List<String> INI = List.of(
            "[databases]",
            "app = host=db user=app password=geheim",
            "[pgbouncer]",
            "logfile = pgbouncer.log",
            "pidfile = pgbouncer.pid",
            "listen_addr = 192.0.2.1",
            "unix_socket_dir = .",
            "query_timeout = 5",
            "dns_zone_check_period = 9");

    private Said run(List<String> ini, String... arguments) throws Exception {
        Files.write(directory.resolve("old.ini"), ini);
        List<String> command = new ArrayList<>(List.of(StandaloneProcess.launcher()));
        command.addAll(Arrays.asList(arguments));
        Said said = StandaloneProcess.run(
                directory,
                Map.of(
                        "PGPOOL_CLASSPATH",
                        System.getProperty("java.class.path"),
                        "JAVA_HOME",
                        System.getProperty("java.home")),
                command.toArray(String[]::new));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .as("nothing is started")
                    .allMatch(name -> name.equals("old.ini") || name.startsWith("said"));
        }
        assertThat(said.output()).doesNotContain("geheim");
        return said;
    }

    @Test
    void checkSaysWhatWillDiffer() throws Exception {
        Said said = run(INI, "--check", "old.ini");
        assertThat(said.code()).as(said.output()).isZero();
        assertThat(said.output().lines())
                .startsWith(
                        "different: old.ini:8: query_timeout: the query is cancelled, and its client stays connected")
                .anyMatch(line -> line.startsWith("without effect: old.ini:9: dns_zone_check_period has no effect: "))
                .anyMatch(line -> line.startsWith("other default: old.ini: max_prepared_statements: not given: "))
                .noneMatch(line -> line.startsWith("refused"));
    }

    @Test
    void checkFailsWhereThePoolerWouldNotStart() throws Exception {
        List<String> ini = new ArrayList<>(INI);
        ini.add("auth_type = pam");
        ini.add("colour = red");
        // also where it is to be a daemon
        for (String option : List.of("-d", "-q")) {
            Said said = run(ini, option, "--check", "old.ini");
            assertThat(said.code()).isEqualTo(1);
            assertThat(said.output().lines())
                    .anyMatch(line -> line.startsWith("refused: old.ini:10: auth_type: \"pam\" (expected: "))
                    .anyMatch(line -> line.startsWith("refused: old.ini:11: colour: no such key"))
                    .anyMatch(line -> line.startsWith("different: old.ini:8: "));
        }
    }

    @Test
    void explainPrintsTheCode() throws Exception {
        Said said = run(INI, "--explain", "old.ini");
        assertThat(said.code()).as(said.output()).isZero();
        assertThat(said.output())
                .contains(
                        "public final class Pooler {",
                        ".listen(\"192.0.2.1\", 6432)",
                        ".password(secrets.apply(\"APP_PASSWORD\"))",
                        "// old.ini:4: logfile is not in it: ");
        List<String> broken = new ArrayList<>(INI);
        broken.add("colour = red");
        Said refused = run(broken, "--explain", "old.ini");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.output())
                .isEqualTo("FATAL old.ini:10: colour: no such key (expected: one of those of PgBouncer 1.25)\n");
    }

    @Test
    void filesThatAreNotThereAreSaid() throws Exception {
        assertThat(run(INI, "--check", "absent.ini").output())
                .startsWith("refused: absent.ini: no such file: absent.ini");
        assertThat(run(INI, "--check").output()).contains("no configuration file");
    }
}
