package dev.pgpool.examples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.examples.standalone.StandaloneProcess.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The standalone process in PgBouncer's place, driven by psql, pgbench and signals. */
class StandaloneLiveIT {
    private static final int CLIENTS = 8;
    private static final int TRANSACTIONS = 200;

    private final TestPostgres postgres = TestPostgres.shared(15);

    @TempDir
    Path directory;

    private List<String> ini(String database, String... more) {
        List<String> lines = new ArrayList<>(List.of(
                ";; what a site would have",
                "[databases]",
                database + " = host=" + postgres.host() + " port=" + postgres.port(),
                "* = host=" + postgres.host() + " port=" + postgres.port(),
                "[users]",
                "batch = pool_size=2",
                "[pgbouncer]",
                "logfile = %dir%/pgbouncer.log",
                "pidfile = %dir%/pgbouncer.pid",
                "listen_addr = 127.0.0.1",
                "listen_port = %port%",
                "unix_socket_dir = %dir%",
                "auth_type = scram-sha-256",
                "auth_file = userlist.txt",
                "admin_users = boss",
                "stats_users = watcher",
                "pool_mode = transaction",
                "server_reset_query = DISCARD ALL",
                "ignore_startup_parameters = extra_float_digits",
                "max_client_conn = 200",
                "server_tls_sslmode = disable"));
        lines.addAll(List.of(more));
        return lines;
    }

    private void userlist(String role, String password) throws IOException {
        Path next = Files.write(
                directory.resolve("userlist.next"),
                List.of("\"" + role + "\" \"" + password + "\"", "\"boss\" \"b\"", "\"watcher\" \"w\""));
        Files.move(next, directory.resolve("userlist.txt"), StandardCopyOption.REPLACE_EXISTING);
    }

    private Map<String, String> row(StandaloneProcess pooler, String command, String database) throws Exception {
        Said said = StandaloneProcess.run(
                directory,
                Map.of("PGPASSWORD", "w"),
                "psql",
                "-X",
                "-A",
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(pooler.port),
                "-U",
                "watcher",
                "-d",
                "pgbouncer",
                "-c",
                command);
        List<String> lines = said.output().lines().toList();
        String[] names = lines.get(0).split("\\|", -1);
        for (String line : lines) {
            String[] values = line.split("\\|", -1);
            if (values.length == names.length && Arrays.asList(values).contains(database)) {
                Map<String, String> row = new HashMap<>();
                for (int i = 0; i < names.length; i++) {
                    row.put(names[i], values[i]);
                }
                return row;
            }
        }
        throw new AssertionError(database + " is not in " + said.output());
    }

    private CompletableFuture<Said> pgbench(
            StandaloneProcess pooler, String role, String password, String database, String... options) {
        List<String> command = new ArrayList<>(List.of(
                "pgbench",
                "-n",
                "-h",
                directory.toString(),
                "-p",
                String.valueOf(pooler.port),
                "-U",
                role,
                "-M",
                "prepared",
                "-c",
                String.valueOf(CLIENTS)));
        command.addAll(List.of(options));
        command.add(database);
        return CompletableFuture.supplyAsync(() -> {
            try {
                return StandaloneProcess.run(directory, Map.of("PGPASSWORD", password), command.toArray(String[]::new));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** What pgbench's own alarm clock would do: it finishes its transactions and says what it did. */
    private void endLoad() throws Exception {
        List<Long> running = ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").endsWith("/pgbench"))
                .map(ProcessHandle::pid)
                .toList();
        assertThat(running).hasSize(1);
        StandaloneProcess.run(directory, Map.of(), "kill", "-ALRM", String.valueOf(running.get(0)));
    }

    @Test
    void takesPgBouncersPlace() throws Exception {
        String role = postgres.createRole("scram-sha-256", "first");
        String database = postgres.createDatabase();
        postgres.executeIn(database, "GRANT ALL ON SCHEMA public TO " + role);
        userlist(role, "first");
        try (StandaloneProcess pooler =
                new StandaloneProcess(directory, ini(database, "default_pool_size = 4"), "-q")) {
            pooler.awaitReady();
            assertThat(Files.readString(directory.resolve("pgbouncer.pid")).strip())
                    .isEqualTo(String.valueOf(pooler.pid()));
            assertThat(pooler.psql(role, "first", database, "CREATE TABLE t AS SELECT 1 AS v"))
                    .isEqualTo(new Said(0, "SELECT 1\n"));

            // ---- figures against what was done
            Map<String, String> before = row(pooler, "SHOW STATS", database);
            Path script = Files.write(directory.resolve("bench.sql"), List.of("SELECT v FROM t;"));
            Said bench = pgbench(
                            pooler,
                            role,
                            "first",
                            database,
                            "-f",
                            script.toString(),
                            "-t",
                            String.valueOf(TRANSACTIONS))
                    .get(60, TimeUnit.SECONDS);
            assertThat(bench.code()).as(bench.output()).isZero();
            Map<String, String> after = row(pooler, "SHOW STATS", database);
            // each client prepares its statement once, in a transaction of its own
            assertThat(grown(before, after, "total_xact_count")).isEqualTo(CLIENTS * (TRANSACTIONS + 1));
            assertThat(grown(before, after, "total_query_count")).isEqualTo(CLIENTS * (TRANSACTIONS + 1));
            assertThat(grown(before, after, "total_server_assignment_count")).isGreaterThan(0);
            assertThat(grown(before, after, "total_bind_count")).isEqualTo(CLIENTS * TRANSACTIONS);
            assertThat(grown(before, after, "total_client_parse_count")).isEqualTo(CLIENTS);
            // the Parse of each reaches a server, and each of the other three servers parses it once more at most
            assertThat(grown(before, after, "total_server_parse_count")).isBetween((long) CLIENTS, CLIENTS * 4L);
            // pgbench itself looks around first
            assertThat(grown(before, after, "total_client_login_count")).isEqualTo(CLIENTS + 1);
            // Bind, Execute and Sync of each, and a row for each
            assertThat(grown(before, after, "total_received")).isGreaterThan(CLIENTS * TRANSACTIONS * 20L);
            assertThat(grown(before, after, "total_sent")).isGreaterThan(CLIENTS * TRANSACTIONS * 20L);
            assertThat(grown(before, after, "total_query_time")).isPositive();
            assertThat(grown(before, after, "total_xact_time"))
                    .isGreaterThanOrEqualTo(grown(before, after, "total_query_time") / 2);
            assertThat(grown(before, after, "total_wait_time")).isNotNegative();
            Map<String, String> pool = row(pooler, "SHOW POOLS", database);
            for (String nothing : List.of(
                    "cl_active",
                    "cl_waiting",
                    "cl_active_cancel_req",
                    "cl_waiting_cancel_req",
                    "sv_active",
                    "sv_active_cancel",
                    "sv_being_canceled",
                    "sv_tested",
                    "sv_login",
                    "maxwait",
                    "maxwait_us")) {
                assertThat(pool).as(nothing).containsEntry(nothing, "0");
            }
            assertThat(pool)
                    .containsEntry("user", role)
                    .containsEntry("pool_mode", "transaction")
                    // there is one host only
                    .containsEntry("load_balance_hosts", "");
            int servers = Integer.parseInt(pool.get("sv_idle")) + Integer.parseInt(pool.get("sv_used"));
            assertThat(servers).isBetween(1, 4);
            assertThat(row(pooler, "SHOW DATABASES", database))
                    .containsEntry("pool_size", "4")
                    .containsEntry("current_connections", String.valueOf(servers))
                    .containsEntry("current_client_connections", "0")
                    .containsEntry("paused", "0")
                    .containsEntry("disabled", "0");
            Map<String, String> lists = Map.of(
                    "databases",
                    "2",
                    "pools",
                    "2",
                    "free_clients",
                    "0",
                    "used_clients",
                    "1",
                    "login_clients",
                    "0",
                    "free_servers",
                    String.valueOf(servers),
                    "used_servers",
                    "0",
                    "peers",
                    "0",
                    "dns_zones",
                    "0");
            for (Map.Entry<String, String> list : lists.entrySet()) {
                assertThat(row(pooler, "SHOW LISTS", list.getKey()))
                        .as(list.getKey())
                        .containsEntry("items", list.getValue());
            }

            // ---- reload
            pooler.write(ini(database, "default_pool_size = 6"));
            pooler.signal("HUP");
            await().until(() ->
                    row(pooler, "SHOW DATABASES", database).get("pool_size").equals("6"));
            pooler.write(ini(database, "default_pool_size = six"));
            pooler.signal("HUP");
            await().until(() ->
                    pooler.log().contains("default_pool_size: \"six\" (expected: a whole number, 0 to 10000)"));
            assertThat(row(pooler, "SHOW DATABASES", database)).containsEntry("pool_size", "6");
            pooler.write(ini(database, "default_pool_size = 6"));

            // ---- pause, reconnect and resume under load, without an error at any client
            CompletableFuture<Said> load =
                    pgbench(pooler, role, "first", database, "-f", script.toString(), "-T", "3600");
            await().atMost(Duration.ofSeconds(40))
                    .until(() ->
                            row(pooler, "SHOW POOLS", database).get("cl_active").equals(String.valueOf(CLIENTS)));
            assertThat(pooler.psql("boss", "b", "pgbouncer", "PAUSE " + database))
                    .isEqualTo(new Said(0, "PAUSE\n"));
            assertThat(row(pooler, "SHOW POOLS", database))
                    .containsEntry("sv_active", "0")
                    .containsEntry("sv_idle", "0");
            assertThat(row(pooler, "SHOW DATABASES", database)).containsEntry("paused", "1");
            await().until(() ->
                    row(pooler, "SHOW POOLS", database).get("cl_waiting").equals(String.valueOf(CLIENTS)));
            assertThat(pooler.psql("boss", "b", "pgbouncer", "RESUME " + database))
                    .isEqualTo(new Said(0, "RESUME\n"));
            assertThat(pooler.psql("boss", "b", "pgbouncer", "RECONNECT " + database))
                    .isEqualTo(new Said(0, "RECONNECT\n"));
            assertThat(pooler.psql("boss", "b", "pgbouncer", "WAIT_CLOSE " + database))
                    .isEqualTo(new Said(0, "WAIT_CLOSE\n"));
            endLoad();
            Said loaded = load.get(60, TimeUnit.SECONDS);
            assertThat(loaded.code()).as(loaded.output()).isZero();

            // ---- a client is killed
            CompletableFuture<Said> sleeper = CompletableFuture.supplyAsync(() -> {
                try {
                    return pooler.psql(role, "first", database, "SELECT pg_sleep(55)");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            postgres.awaitQuery("SELECT pg_sleep(55)");
            String id = row(pooler, "SHOW CLIENTS", database).get("id");
            assertThat(pooler.psql("watcher", "w", "pgbouncer", "KILL_CLIENT " + id)
                            .output())
                    .contains("admin access needed");
            assertThat(pooler.psql("boss", "b", "pgbouncer", "KILL_CLIENT " + id))
                    .isEqualTo(new Said(0, "KILL_CLIENT\n"));
            assertThat(sleeper.get(60, TimeUnit.SECONDS).output()).contains("admin forced disconnect");

            // ---- the password is rotated
            postgres.execute("ALTER ROLE " + role + " PASSWORD 'second'");
            userlist(role, "second");
            assertThat(pooler.psql(role, "second", database, "SELECT 'in'")).isEqualTo(new Said(0, "in\n"));
            assertThat(pooler.psql(role, "first", database, "SELECT 'in'").output())
                    .contains("password authentication failed");

            // ---- drained
            CompletableFuture<Said> last = CompletableFuture.supplyAsync(() -> {
                try {
                    return pooler.psql(role, "second", database, "SELECT pg_sleep(3), 'to its end'");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            postgres.awaitQuery("SELECT pg_sleep(3), 'to its end'");
            pooler.signal("INT");
            await().until(() -> pooler.isReady().output().contains("no response"));
            Said ended = last.get(60, TimeUnit.SECONDS);
            assertThat(ended.code()).as(ended.output()).isZero();
            // the last message may reach psql before it has printed the answer
            assertThat(ended.output()).endsWith("|to its end\n");
            assertThat(pooler.exitCode()).as(pooler.log()).isZero();
            assertThat(directory.resolve("pgbouncer.pid")).doesNotExist();
            assertThat(directory.resolve(".s.PGSQL." + pooler.port)).doesNotExist();
            assertThat(pooler.said()).as("-q").isEmpty();
        }
    }

    private static long grown(Map<String, String> before, Map<String, String> after, String column) {
        return Long.parseLong(after.get(column)) - Long.parseLong(before.get(column));
    }

    @Test
    void signalsPauseResumeAndEnd() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        userlist(role, "secret");
        try (StandaloneProcess pooler = new StandaloneProcess(directory, ini("app"))) {
            pooler.awaitReady();
            pooler.signal("USR1");
            await().until(() -> pooler.psql("watcher", "w", "pgbouncer", "SHOW STATE")
                    .output()
                    .contains("paused|yes"));
            pooler.signal("USR2");
            await().until(() -> pooler.psql("watcher", "w", "pgbouncer", "SHOW STATE")
                    .output()
                    .contains("active|yes"));
            pooler.signal("QUIT");
            assertThat(pooler.exitCode()).as(pooler.said()).isZero();
            assertThat(pooler.said())
                    .contains(
                            "got SIGUSR1, pausing all activity",
                            "got SIGUSR2, continuing from PAUSE",
                            "got SIGQUIT, fast exit")
                    .containsPattern("\\d UTC \\[" + pooler.pid() + "\\] LOG process up: PgBouncer 1\\.25");
        }
    }

    @Test
    void terminationWaitsForClientsAndTheSecondOneDoesNot() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        userlist(role, "secret");
        try (StandaloneProcess pooler = new StandaloneProcess(directory, ini("app"))) {
            pooler.awaitReady();
            ProcessBuilder builder = new ProcessBuilder(
                            "psql", "-X", "-h", "127.0.0.1", "-p", String.valueOf(pooler.port), "-U", role, "-d", "app")
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("idle.txt").toFile());
            builder.environment().put("PGPASSWORD", "secret");
            // it waits for its standard input
            Process idle = builder.start();
            await().until(() ->
                    row(pooler, "SHOW LISTS", "used_clients").get("items").equals("2"));
            pooler.signal("TERM");
            await().until(() -> pooler.isReady().output().contains("no response"));
            assertThat(pooler.isAlive()).as("an idle client may stay").isTrue();
            pooler.signal("USR2");
            await().until(() -> pooler.said().contains("got SIGUSR2 while shutting down, ignoring"));
            pooler.signal("TERM");
            assertThat(pooler.exitCode()).as(pooler.said()).isZero();
            assertThat(pooler.said())
                    .contains(
                            "got SIGTERM, shutting down, waiting for all clients disconnect",
                            "got SIGTERM while shutting down, fast exit");
            idle.destroy();
        }
    }

    @Test
    void anotherProcessTakesThePortOverWithoutAnErrorUnderLoad() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        userlist(role, "secret");
        Path script = Files.writeString(directory.resolve("one.sql"), "SELECT 1;\n");
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.copy(directory.resolve("userlist.txt"), other.resolve("userlist.txt"));
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger runs = new AtomicInteger();
        try (StandaloneProcess first = new StandaloneProcess(directory, ini("app", "so_reuseport = 1"))) {
            first.awaitReady();
            CompletableFuture<Void> load = CompletableFuture.runAsync(() -> {
                while (!over.get()) {
                    try {
                        Said said = StandaloneProcess.run(
                                directory,
                                Map.of("PGPASSWORD", "secret"),
                                "pgbench",
                                "-n",
                                "-C",
                                "-c",
                                "4",
                                "-t",
                                "20",
                                "-f",
                                script.toString(),
                                "-h",
                                "127.0.0.1",
                                "-p",
                                String.valueOf(first.port),
                                "-U",
                                role,
                                "app");
                        assertThat(said.code()).as(said.output()).isZero();
                        assertThat(said.output()).contains("80/80").doesNotContain("error");
                        runs.incrementAndGet();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            try (StandaloneProcess second = new StandaloneProcess(
                    other,
                    ini("app", "so_reuseport = 1").stream()
                            .map(line -> line.replace("%port%", String.valueOf(first.port)))
                            .toList())) {
                await().atMost(Duration.ofSeconds(60)).until(() -> {
                    assertThat(second.isAlive()).as(second::said).isTrue();
                    return Files.exists(other.resolve("pgbouncer.pid"));
                });
                awaitRuns(runs, load);
                first.signal("TERM");
                assertThat(first.exitCode()).as(first.said()).isZero();
                awaitRuns(runs, load);
                over.set(true);
                load.get(60, TimeUnit.SECONDS);
            }
        } finally {
            over.set(true);
        }
    }

    private static void awaitRuns(AtomicInteger runs, CompletableFuture<Void> load) {
        int before = runs.get();
        await().atMost(Duration.ofSeconds(60)).until(() -> load.isDone() || runs.get() > before + 1);
        assertThat(load).isNotDone();
    }

    @Test
    void whatIsWrongIsSaidInOneLineAndNothingIsStarted() throws Exception {
        userlist("x", "y");
        try (StandaloneProcess first = new StandaloneProcess(directory, ini("app"))) {
            first.awaitReady();
            Path other = Files.createDirectory(directory.resolve("other"));
            Files.copy(directory.resolve("userlist.txt"), other.resolve("userlist.txt"));
            try (StandaloneProcess second = new StandaloneProcess(
                    other,
                    ini("app").stream()
                            .map(line -> line.replace("%port%", String.valueOf(first.port)))
                            .toList())) {
                assertThat(second.exitCode()).isEqualTo(1);
                assertThat(second.said().lines())
                        .filteredOn(line -> line.startsWith("FATAL"))
                        .singleElement()
                        .asString()
                        .isEqualTo("FATAL pgbouncer.ini:11: listen_port: could not listen on 127.0.0.1:" + first.port
                                + ": Address already in use (expected: an address of this machine and a port that is"
                                + " free)");
                assertThat(other.resolve("pgbouncer.pid")).doesNotExist();
            }
            try (StandaloneProcess without = new StandaloneProcess(
                    other,
                    ini("app").stream()
                            .map(line -> line.replace("unix_socket_dir = %dir%", "unix_socket_dir = %dir%/absent"))
                            .toList())) {
                assertThat(without.exitCode()).isEqualTo(1);
                assertThat(without.said().lines())
                        .filteredOn(line -> line.startsWith("FATAL"))
                        .containsExactly("FATAL pgbouncer.ini:12: unix_socket_dir: unix socket " + other
                                + "/absent/.s.PGSQL." + without.port + " can't be opened: No such file or directory"
                                + " (expected: a directory that this process may write to)");
            }
            try (StandaloneProcess third = new StandaloneProcess(other, ini("app", "colour = red"))) {
                assertThat(third.exitCode()).isEqualTo(1);
                assertThat(third.said())
                        .isEqualTo("FATAL pgbouncer.ini:22: colour: no such key (expected: one of those of PgBouncer"
                                + " 1.25)\n");
            }
            assertThat(first.isReady().code()).isZero();
        }
    }
}
