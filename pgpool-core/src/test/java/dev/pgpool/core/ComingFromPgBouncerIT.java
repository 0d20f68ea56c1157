package dev.pgpool.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is different from PgBouncer and shown by no other test; and that the README's table of differences names real ones. */
@OnEveryPostgres
class ComingFromPgBouncerIT {
    private final TestPostgres postgres;

    ComingFromPgBouncerIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void eachDifferenceHasItsTest() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String table = readme.substring(readme.indexOf("| PgBouncer | here |"), readme.indexOf("## Metrics"));
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
