package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's own replication programs through the pooler: pg_basebackup, pg_receivewal, pg_recvlogical. */
@Tag("installed")
class ReplicationProgramsIT {

    private static final Path DEBIAN = Path.of("/usr/lib/postgresql/15/bin");
    private static final long PATIENCE_SECONDS = 120;

    /** The programs are those of PostgreSQL 15. */
    private static TestPostgres postgres;

    private static TestPooler pooler;

    @TempDir
    private Path directory;

    @TempDir
    private Path outputs;

    @BeforeAll
    static void start() {
        postgres = TestPostgres.fresh(15, Map.of("wal_level", "logical"));
        pooler = TestPooler.start(builder -> builder.eventLoops(2)
                .database("*", db -> TestPooler.at(db, postgres).maxConnections(3)));
    }

    @AfterAll
    static void stop() {
        pooler.close();
        postgres.close();
    }

    @Test
    void baseBackupWithItsWalIsComplete() throws IOException, InterruptedException {
        postgres.execute("CREATE TABLE backed_up AS SELECT i, md5(i::text) FROM generate_series(1, 10000) i");
        // one connection for the files and one for the WAL meanwhile
        run("pg_basebackup", "-D", directory.resolve("backup").toString(), "-X", "stream", "-c", "fast");
        assertThat(directory.resolve("backup/backup_manifest")).isNotEmptyFile();
        assertThat(run("pg_verifybackup", directory.resolve("backup").toString()))
                .contains("successfully verified");
    }

    @Test
    void receivewalWritesWhatTheServerWrites() throws IOException, InterruptedException {
        Process receiving = start(
                outputs.resolve("pg_receivewal.out"),
                "pg_receivewal",
                "-D",
                directory.toString(),
                "--status-interval=1",
                "--no-loop");
        try {
            await().atMost(Wire.PATIENCE).until(() -> !files(directory).isEmpty());
            String segment = postgres.query("SELECT pg_walfile_name(pg_current_wal_lsn())")
                    .get(0);
            postgres.execute("CREATE TABLE received AS SELECT i FROM generate_series(1, 1000) i");
            postgres.execute("SELECT pg_switch_wal()");
            await().atMost(Wire.PATIENCE).until(() -> files(directory).contains(segment));
            assertThat(Files.readAllBytes(directory.resolve(segment)))
                    .isEqualTo(Files.readAllBytes(
                            postgres.dataDirectory().resolve("pg_wal").resolve(segment)));
        } finally {
            receiving.destroy();
            assertThat(receiving.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void recvlogicalGetsEachChange() throws IOException, InterruptedException {
        Path out = directory.resolve("changes");
        String[] slot = {"-d", TestPostgres.DATABASE, "--slot", "programs", "-P", "test_decoding"};
        run("pg_recvlogical", with(slot, "--create-slot"));
        postgres.execute("CREATE TABLE decoded (t text)", "INSERT INTO decoded VALUES ('one'), ('two')");
        String end = postgres.query("SELECT pg_current_wal_insert_lsn()").get(0);
        run("pg_recvlogical", with(slot, "--start", "-f", out.toString(), "--endpos", end));
        assertThat(Files.readAllLines(out))
                .contains("table public.decoded: INSERT: t[text]:'one'", "table public.decoded: INSERT: t[text]:'two'");
        run("pg_recvlogical", with(slot, "--drop-slot"));
    }

    private static String[] with(String[] options, String... more) {
        return Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new);
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private Process start(Path output, String program, String... options) throws IOException {
        Path debian = DEBIAN.resolve(program);
        List<String> command = new ArrayList<>(List.of(Files.exists(debian) ? debian.toString() : program));
        command.addAll(List.of(options));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "127.0.0.1",
                        "PGPORT",
                        String.valueOf(pooler.address().getPort()),
                        "PGUSER",
                        TestPostgres.SUPERUSER,
                        "PGSSLMODE",
                        "disable",
                        "LC_ALL",
                        "C"));
        return builder.start();
    }

    /** Runs a program to its end and returns what it printed; another exit status than 0 is a failure. */
    private String run(String program, String... options) throws IOException, InterruptedException {
        Path output = outputs.resolve(program + ".out");
        Process process = start(output, program, options);
        try {
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String printed = Files.readString(output);
            if (!ended || process.exitValue() != 0) {
                throw new AssertionError(program + (ended ? ": exit status " + process.exitValue() : ": still running")
                        + "\n" + printed);
            }
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }
}
