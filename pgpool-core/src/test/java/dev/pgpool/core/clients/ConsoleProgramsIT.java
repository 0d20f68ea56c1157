package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The admin console as operators' programs use it. */
@Tag("installed")
class ConsoleProgramsIT {
    private final TestPostgres postgres = TestPostgres.shared(18);

    private TestPooler start() {
        return TestPooler.start(settings -> settings.database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))
                .adminUsers("boss")
                .statsUsers("watcher"));
    }

    @Test
    void psqlLooksAndPauses() throws Exception {
        try (TestPooler pooler = start();
                WireClient client = pooler.login()) {
            client.run("SELECT 1");
            String printed = Program.atConsole(
                            pooler.address(),
                            "boss",
                            "psql",
                            "-At",
                            "-v",
                            "ON_ERROR_STOP=1",
                            "-c",
                            "SHOW VERSION",
                            "-c",
                            "PAUSE",
                            "-c",
                            "SHOW STATE;",
                            "-c",
                            "RESUME",
                            "-c",
                            "SET extra_float_digits = 3",
                            "-c",
                            "show help")
                    .run();
            assertThat(printed)
                    .contains("PgBouncer 1.25.2\n", "PAUSE\n", "paused|yes\n", "RESUME\n", "NOTICE:  SET ignored")
                    .contains("NOTICE:  Console usage", "SHOW HELP|CONFIG|DATABASES");
            // with headings, as a person sees it
            assertThat(Program.atConsole(pooler.address(), "watcher", "psql", "-x", "-c", "SHOW POOLS")
                            .run())
                    .containsPattern("database +\\| app")
                    .containsPattern("cl_active +\\| 1")
                    .containsPattern("pool_mode +\\| transaction");
        }
    }

    @Test
    void psycopgLooksAndReconnects() throws Exception {
        try (TestPooler pooler = start();
                WireClient client = pooler.login()) {
            client.run("SELECT 1");
            assertThat(Program.atConsole(
                                    pooler.address(), "boss", "/usr/bin/python3", "src/test/clients/python/console.py")
                            .run())
                    .isEqualTo("name app\nRECONNECT\n42601\nPgBouncer 1.25.2\ncl_active ['app', 'pgbouncer']\n");
        }
    }
}
