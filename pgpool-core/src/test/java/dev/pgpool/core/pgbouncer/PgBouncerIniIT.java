package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pooler that is told everything by PgBouncer's files. */
@OnEveryPostgres
class PgBouncerIniIT {
    private final TestPostgres postgres;

    @TempDir
    Path directory;

    PgBouncerIniIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private Path ini(String... more) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "app = host=" + postgres.host() + " port=" + postgres.port() + " timezone='Asia/Tokyo'",
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = 0",
                "unix_socket_dir =",
                "auth_type = scram-sha-256",
                "auth_file = " + directory.resolve("userlist.txt"),
                "pool_mode = transaction",
                "admin_users = boss",
                "server_tls_sslmode = disable"));
        lines.addAll(List.of(more));
        return Files.write(directory.resolve("pgbouncer.ini"), lines);
    }

    private void userlist(String... lines) throws IOException {
        Path next = Files.write(directory.resolve("userlist.next"), List.of(lines));
        Files.move(next, directory.resolve("userlist.txt"), StandardCopyOption.REPLACE_EXISTING);
    }

    private WireClient login(PgPool pool, String user, String database, String password) {
        return WireClient.connect(pool.address()).startup(user, database).awaitLogin(password);
    }

    @Test
    void runsIsReloadedAndSet() throws Exception {
        String role = postgres.createRole("scram-sha-256", "first");
        userlist("\"" + role + "\" \"first\"", "\"boss\" \"secret\"");
        try (PgPool pool =
                        PgPool.of(PgBouncerIni.read(ini()), PgPoolListener.NONE).start();
                WireClient client = login(pool, role, "app", "first");
                WireClient boss = login(pool, "boss", "pgbouncer", "secret")) {
            assertThat(client.value("SHOW timezone")).isEqualTo("Asia/Tokyo");
            int server = client.serverPid();

            ini("default_pool_size = 7");
            assertThat(boss.query("RELOAD").exchange().get(0)).contains("CommandComplete", "RELOAD");
            assertThat(pool.config().databases().get("app").pool().limits().maxConnections())
                    .isEqualTo(7);
            assertThat(client.serverPid())
                    .as("nothing that servers are made by has changed")
                    .isEqualTo(server);

            assertThat(boss.query("SET default_pool_size = 3").exchange().get(0))
                    .contains("SET default_pool_size=3");
            assertThat(boss.query("SHOW CONFIG").exchange())
                    .anyMatch(row -> row.contains("'default_pool_size' 1 '3' 2 '20' 3 'yes'"));
            assertThat(boss.query("SET pool_mode TO 'nonsense'").exchange().get(0))
                    .contains("ErrorResponse", "SET: pool_mode", "session, transaction, statement");

            ini("default_pool_size = -1");
            Message refused = boss.query("RELOAD").send().read();
            assertThat(refused.sqlState()).isEqualTo("F0000");
            assertThat(refused.field('M')).isEqualTo("RELOAD failed, see logs for additional details");
            assertThat(refused.field('D')).contains("default_pool_size");
            boss.read();
            assertThat(pool.config().databases().get("app").pool().limits().maxConnections())
                    .isEqualTo(3);
            assertThatThrownBy(pool::reload).isInstanceOf(ConfigException.class);
            assertThat(client.value("SELECT 'still here'")).isEqualTo("still here");
        }
    }

    @Test
    void passwordIsRotatedInTheUserlist() throws Exception {
        String role = postgres.createRole("scram-sha-256", "first");
        userlist("\"" + role + "\" \"first\"");
        try (PgPool pool =
                        PgPool.of(PgBouncerIni.read(ini()), PgPoolListener.NONE).start();
                WireClient before = login(pool, role, "app", "first")) {
            assertThat(before.value("SELECT 'in'")).isEqualTo("in");
            postgres.execute("ALTER ROLE " + role + " PASSWORD 'second'");
            userlist("\"" + role + "\" \"second\"");
            try (WireClient after = login(pool, role, "app", "second")) {
                assertThat(after.value("SELECT 'in again'")).isEqualTo("in again");
            }
            assertThat(before.value("SELECT 'still in'")).isEqualTo("still in");
        }
    }

    @Test
    void databaseThatIsRemovedDrainsAndOneThatIsAddedServes() throws Exception {
        String role = postgres.createRole("scram-sha-256", "secret");
        String other = postgres.createDatabase();
        userlist("\"" + role + "\" \"secret\"");
        try (PgPool pool =
                        PgPool.of(PgBouncerIni.read(ini()), PgPoolListener.NONE).start();
                WireClient busy = login(pool, role, "app", "secret");
                WireClient idle = login(pool, role, "app", "secret")) {
            busy.run("BEGIN");
            Files.write(
                    directory.resolve("pgbouncer.ini"),
                    Files.readString(ini())
                            .replace("app = ", other + " = ")
                            .lines()
                            .toList());
            pool.reload();
            assertThat(idle.readUntilClosed()).last().asString().contains("57P01");
            assertThat(busy.value("SELECT 'goes on'")).isEqualTo("goes on");
            try (WireClient added = login(pool, role, other, "secret")) {
                assertThat(added.value("SELECT 'served'")).isEqualTo("served");
            }
            busy.query("COMMIT").send();
            assertThat(busy.readUntilClosed())
                    .anyMatch(message -> message.contains("COMMIT"))
                    .last()
                    .asString()
                    .contains("57P01");
            await().until(() -> pool.snapshot().pools().size() == 1);
        }
    }
}
