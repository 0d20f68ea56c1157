package dev.pgpool.core.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.PgPoolException;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.fixture.LogCapture;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** Where there are none, {@code build()} says so. */
    @Test
    void abstractSocketsHaveNoFile() throws Exception {
        String name = "@pgpool-" + TestPostgres.uniqueName("abstract");
        Consumer<PgPoolBuilder> inside = builder -> builder.unixSocketDirectory(Path.of(name))
                .adminUsers("boss")
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1));
        if (!Epoll.isAvailable()) {
            assertThatThrownBy(() -> TestPooler.start(inside))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("listen.unixSocketDirectory: \"" + name + "\"");
            return;
        }
        try (LogCapture log = LogCapture.everything();
                TestPooler inner = TestPooler.start(inside)) {
            int port = inner.address().getPort();
            assertThat(Files.readString(Path.of("/proc/net/unix"))).contains(name + "/.s.PGSQL." + port);
            assertThat(Path.of(name)).doesNotExist();
            assertThat(log.lines()).noneMatch(line -> line.indexOf('\0') >= 0);
            // another pooler comes in by it
            try (TestPooler outer = TestPooler.start(builder -> builder.database(
                            TestPostgres.DATABASE,
                            db -> db.hosts(name + ":" + port).maxConnections(1)));
                    WireClient client = outer.login();
                    WireClient boss = inner.loginAs("boss", "pgbouncer")) {
                assertThat(client.value("SELECT 'through both'")).isEqualTo("through both");
                assertThat(boss.query("SHOW CLIENTS").exchange())
                        .anyMatch(row -> row.contains("'unix'"))
                        .noneMatch(row -> row.indexOf('\0') >= 0);
                String slept = "SELECT '" + TestPostgres.uniqueName("unix") + "', pg_sleep(60)";
                client.query(slept).send();
                postgres.awaitQuery(slept);
                client.cancel(outer.address()).close();
                assertThat(client.readUntilReady()).anyMatch(line -> line.contains("C \"57014\""));
            }
            assertThatThrownBy(() -> TestPooler.start(builder -> builder.listen("", port)
                            .unixSocketDirectory(Path.of(name))
                            .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))))
                    .isInstanceOf(PgPoolException.class)
                    .hasMessage("listen.unixSocketDirectory: unix socket " + name + "/.s.PGSQL." + port
                            + " can't be opened: Address already in use"
                            + " (expected: a directory that this process may write to)");
        }
    }

    @Test
    void absentAbstractSocketsAreNamedInErrors() {
        if (!Epoll.isAvailable()) {
            return;
        }
        try (TestPooler pooler = TestPooler.start(builder -> builder.database(
                        TestPostgres.DATABASE,
                        db -> db.port(7).hosts("@nobody-here").waitTimeout(Duration.ofMillis(100))));
                WireClient client = pooler.connect().startup(TestPostgres.USER, TestPostgres.DATABASE)) {
            assertThat(client.readUntilClosed())
                    .last()
                    .asString()
                    .contains("on socket \"@nobody-here/.s.PGSQL.7\"", "Connection refused");
        }
    }

    @Test
    void fileBelongsToTheGroup(@TempDir Path directory) throws Exception {
        Path probe = Files.createFile(directory.resolve("probe"));
        String own = ((GroupPrincipal) Files.getAttribute(probe, "posix:group")).getName();
        // who may do everything may give files to any group
        boolean root = Files.getAttribute(probe, "unix:uid").equals(0);
        String group = root ? "daemon" : own;
        for (String spelled : List.of(group, groupId(directory, group))) {
            try (TestPooler pooler = TestPooler.start(builder -> builder.unixSocketDirectory(directory)
                    .unixSocketGroup(spelled)
                    .unixSocketMode("0770")
                    .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))) {
                Path socket = directory.resolve(".s.PGSQL." + pooler.address().getPort());
                assertThat(Files.getAttribute(socket, "posix:group")).hasToString(group);
                assertThat(Files.getPosixFilePermissions(socket))
                        .isEqualTo(PosixFilePermissions.fromString("rwxrwx---"));
            }
        }
        assertThatThrownBy(() -> TestPooler.start(builder -> builder.unixSocketDirectory(directory)
                        .unixSocketGroup("no_group_of_this_name")
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))))
                .isInstanceOf(PgPoolException.class)
                .hasMessageMatching("listen.unixSocketGroup: unix socket " + directory
                        + "/\\.s\\.PGSQL\\.\\d+ can't be given to \"no_group_of_this_name\": there is no such group"
                        + " \\(expected: a group of this machine that this process is in\\)");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(probe);
        }
    }

    private static String groupId(Path directory, String group) throws IOException {
        Path probe = directory.resolve("probe");
        Files.setAttribute(
                probe,
                "posix:group",
                probe.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group));
        return String.valueOf(Files.getAttribute(probe, "unix:gid"));
    }

    @Test
    void whatKeepsTheSocketFromBeingOpenedIsSaid(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> startIn(directory.resolve("absent")))
                .hasMessageMatching(
                        "listen.unixSocketDirectory: unix socket .*/absent/\\.s\\.PGSQL\\.\\d+ can't be opened:"
                                + " No such file or directory \\(expected: a directory that this process may write to\\)");
        assertThatThrownBy(() -> startIn(file))
                .hasMessageMatching("listen.unixSocketDirectory: unix socket .*/file/\\.s\\.PGSQL\\.\\d+ can't be .*:"
                        + " Not a directory .*");
        assertThatThrownBy(() -> startIn(directory.resolve("x".repeat(100))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("(expected: a path whose sockets have addresses of at most 107 bytes)");
    }

    private void startIn(Path directory) {
        TestPooler.start(builder -> builder.unixSocketDirectory(directory)
                        .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres)))
                .close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void portsAndAddressesThatCantBeHadAreToldApart(boolean foreign) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String host = foreign ? "192.0.2.1" : "127.0.0.1";
            assertThatThrownBy(() -> TestPooler.start(builder -> builder.listen(host, taken.getLocalPort())
                            .database(TestPostgres.DATABASE, db -> TestPooler.at(db, postgres))))
                    .isInstanceOf(PgPoolException.class)
                    .hasMessage((foreign ? "listen.host" : "listen.port") + ": could not listen on " + host + ":"
                            + taken.getLocalPort() + ": "
                            + (foreign ? "Cannot assign requested address" : "Address already in use")
                            + " (expected: an address of this machine and a port that is free)");
        }
    }
}
