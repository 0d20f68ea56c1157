package dev.pgpool.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients may come through a unix socket as well as through TCP. */
@OnEveryPostgres
class UnixSocketIT {

    private final TestPostgres postgres;

    UnixSocketIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void clientsOfBothKindsShareTheServers(@TempDir Path directory) {
        Path socket;
        try (TestPooler pooler = TestPooler.withUnixSocket(postgres, directory);
                WireClient remote = pooler.login()) {
            socket = directory.resolve(".s.PGSQL." + pooler.address().getPort());
            WireClient local =
                    WireClient.login(UnixDomainSocketAddress.of(socket), TestPostgres.USER, TestPostgres.DATABASE);
            local.parse("s", "SELECT $1::text").sync().exchange();
            int pid = remote.serverPid();
            assertThat(local.serverPid()).isEqualTo(pid);
            assertThat(local.bind("s", "x".repeat(1_000_000)).execute().sync().exchangeMessages())
                    .hasSize(4);
            try (WireClient cancel = local.cancel(UnixDomainSocketAddress.of(socket))) {
                assertThat(cancel.isClosedByPeer()).isTrue();
            }
            assertThat(local.value("SELECT 'alive'")).isEqualTo("alive");
            local.close();
        }
        assertThat(Files.exists(socket)).as("socket file after close").isFalse();
    }

    @Test
    void socketFileOfADeadProcessIsReplaced(@TempDir Path directory) throws IOException {
        int port;
        try (TestPooler earlier = TestPooler.withUnixSocket(postgres, directory)) {
            port = earlier.address().getPort();
        }
        Path socket = directory.resolve(".s.PGSQL." + port);
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).as("left behind").exists();
        try (TestPooler pooler = TestPooler.start(builder -> builder.listen("127.0.0.1", port)
                        .unixSocketDirectory(directory)
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)));
                WireClient local = WireClient.login(
                        UnixDomainSocketAddress.of(socket), TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(pooler.address().getPort()).isEqualTo(port);
            assertThat(local.value("SELECT 'in'")).isEqualTo("in");
        }
    }

    @Test
    void serverMayBeReachedThroughItsUnixSocket() {
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                        TestPostgres.DATABASE,
                        db -> db.host(postgres.socketDirectory().toString())
                                .port(postgres.port())
                                .maxConnections(1)));
                WireClient client = pooler.login();
                WireClient canceller = pooler.login()) {
            assertThat(client.value("SELECT inet_client_addr() IS NULL")).isEqualTo("t");
            String slept = "SELECT '" + TestPostgres.uniqueName("unix") + "', pg_sleep(60)";
            client.query(slept).send();
            postgres.awaitQuery(slept);
            client.cancel(pooler.address()).close();
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("C \"57014\""));
            assertThat(canceller.value("SELECT 'alive'")).isEqualTo("alive");
        }
    }
}
