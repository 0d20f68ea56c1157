package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The process is out of descriptors: clients that come wait and are served when there are some again, as are those that want a
 * server. Meanwhile nothing spins, the log says why and is not flooded, and no server's place is lost.
 */
@ParameterizedClass(name = "noNative={0}")
@ValueSource(booleans = {false, true})
class DescriptorsIT {
    private static final TestPostgres POSTGRES = TestPostgres.shared(18);
    private static final int MANY = 20;
    private static final String REASON = "Too many open files";
    private static final String PASSWORD = "the user's";
    private static final Duration LOOK = Duration.ofSeconds(3);

    @Parameter
    private boolean noNative;

    @TempDir
    private Path directory;

    private ScarceProcess process;
    private WireClient boss;

    @BeforeEach
    void start() throws IOException {
        process = new ScarceProcess(POSTGRES, directory, List.of("-Dio.netty.transport.noNative=" + noNative));
        boss = process.boss();
    }

    @AfterEach
    void stop() {
        boss.close();
        process.close();
    }

    @Test
    void clientsThatComeAreAcceptedLater() throws InterruptedException {
        try (WireClient old = process.login(TestPostgres.DATABASE)) {
            assertThat(old.value("SELECT 'before'")).isEqualTo("before");
            long before = linesOfLog();
            process.takeDescriptors();
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                clients.add(process.connect().startup(TestPostgres.USER, TestPostgres.DATABASE));
                process.connect()
                        .startup(TestPostgres.USER, TestPostgres.DATABASE)
                        .reset();
            }
            awaitReason(1);
            assertCalm(() -> assertThat(old.value("SELECT 'meanwhile'")).isEqualTo("meanwhile"));
            assertThat(linesOfLog() - before).as(process.log()).isEqualTo(1);
            process.giveDescriptors();
            for (WireClient client : clients) {
                assertThat(client.awaitLogin("").value("SELECT 'later'")).isEqualTo("later");
                client.close();
            }
            assertThat(old.value("SELECT 'after'")).isEqualTo("after");
            awaitClients("boss", TestPostgres.USER);
        }
        // once more: the log says so again, if only after a while
        process.takeDescriptors();
        try (WireClient client = process.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.isReadable(Duration.ofMillis(300))).isFalse();
            process.giveDescriptors();
            client.awaitLogin("");
        }
    }

    @Test
    void clientsThatWantAServerGetItLater() throws InterruptedException {
        try (WireClient one = process.login(TestPostgres.DATABASE);
                WireClient two = process.login(TestPostgres.DATABASE);
                WireClient gone = process.login(TestPostgres.DATABASE);
                WireClient hasty = process.login("hasty")) {
            boss.run("RECONNECT");
            await().atMost(Wire.PATIENCE).until(() -> rows("SHOW SERVERS").isEmpty());
            process.takeDescriptors();
            one.query("SELECT 'later'").send();
            gone.query("SELECT 'never'").send();
            awaitReason(2);
            gone.reset();
            hasty.query("SELECT 'never'").send();
            assertThat(hasty.readUntilClosed()).singleElement().asString().contains("query_wait_timeout", REASON);
            long before = linesOfLog();
            assertCalm(() -> {});
            // once for each attempt
            assertThat(linesOfLog() - before).as(process.log()).isLessThan(2 + LOOK.toMillis() / 200);
            process.giveDescriptors();
            assertThat(one.readUntilReady()).contains("DataRow 1 5 'later'");
            one.run("BEGIN");
            two.run("BEGIN");
            assertThat(one.serverPid()).isNotEqualTo(two.serverPid());
            awaitClients("boss", TestPostgres.USER, TestPostgres.USER);
        }
    }

    @Test
    void whatCannotBeCancelledTakesNoPlace() {
        try (WireClient busy = process.login(TestPostgres.DATABASE);
                WireClient gone = process.login(TestPostgres.DATABASE);
                WireClient cancel = process.connect()) {
            String slept = sleep(busy);
            String abandoned = sleep(gone);
            awaitAccepted(cancel);
            process.takeDescriptors();
            cancel.sendRaw(Frontend.cancelRequest(busy.processId(), busy.cancelKey()));
            assertThat(cancel.isClosedByPeer()).isTrue();
            gone.reset();
            await().atMost(Wire.PATIENCE).until(() -> rows("SHOW SERVERS").size() == 1);
            POSTGRES.awaitQuery(slept);
            process.giveDescriptors();
            try (WireClient next = process.login(TestPostgres.DATABASE);
                    WireClient again = busy.cancel(process.address())) {
                assertThat(next.run("BEGIN").value("SELECT 'next'")).isEqualTo("next");
                assertThat(again.isClosedByPeer()).isTrue();
                assertThat(busy.readUntilReady()).anyMatch(line -> line.contains("57014"));
                busy.run("BEGIN");
            }
            awaitClients("boss", TestPostgres.USER);
            POSTGRES.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '"
                    + abandoned.replace("'", "''") + "'");
        }
    }

    /** Those that are not logged in are in no table. */
    private static void awaitAccepted(WireClient client) {
        assertThat(client.sendRaw(Frontend.sslRequest()).readByte()).isEqualTo('N');
    }

    private static String sleep(WireClient client) {
        String slept = "SELECT '" + TestPostgres.uniqueName("scarce") + "', pg_sleep(600)";
        client.query(slept).send();
        POSTGRES.awaitQuery(slept);
        return slept;
    }

    @Test
    void usersAreAskedForLater() throws InterruptedException {
        String user = POSTGRES.createRole("scram-sha-256", PASSWORD);
        try (WireClient first = process.connect()) {
            first.startup(user, "asked").awaitLogin(PASSWORD);
        }
        POSTGRES.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'pgpool auth_query' OR usename = '" + user + "'");
        try (WireClient client = process.connect()) {
            awaitAccepted(client);
            process.takeDescriptors();
            client.startup(user, "asked");
            assertCalm(
                    () -> assertThat(client.isReadable(Duration.ofMillis(100))).isFalse());
            process.giveDescriptors();
            assertThat(client.awaitLogin(PASSWORD).value("SELECT current_user")).isEqualTo(user);
        }
        awaitClients("boss");
    }

    /** It uses little of its processors. */
    private void assertCalm(Runnable meanwhile) throws InterruptedException {
        Duration before = process.processorTime();
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < LOOK.toNanos()) {
            meanwhile.run();
            Thread.sleep(100);
        }
        assertThat(process.processorTime().minus(before)).isLessThan(LOOK.dividedBy(3));
    }

    private void awaitReason(int times) {
        await().atMost(Wire.PATIENCE)
                .until(() -> process.log()
                                .lines()
                                .filter(line -> line.contains(REASON))
                                .count()
                        >= times);
    }

    private long linesOfLog() {
        return process.log().lines().count();
    }

    private void awaitClients(String... users) {
        await().atMost(Wire.PATIENCE)
                .untilAsserted(() -> assertThat(rows("SHOW CLIENTS").stream().map(DescriptorsIT::user))
                        .containsExactlyInAnyOrder(users));
    }

    /** The second column. */
    private static String user(List<String> row) {
        return row.get(1);
    }

    private List<List<String>> rows(String command) {
        return boss.query(command).exchangeMessages().stream()
                .filter(message -> message.type() == 'D')
                .map(message -> Stream.of(message.values().toArray(String[]::new))
                        .map(value -> value == null ? "" : value)
                        .toList())
                .toList();
    }
}
