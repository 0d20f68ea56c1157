package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ServerInfo;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What is told to the pooler as a whole. */
final class PoolerTransitions {
    private PoolerTransitions() {}

    static List<Transition> all() {
        return List.of(
                change("pooler.listen")
                        .after((stage, told) -> told.pooler(b -> b.listen("127.0.0.2", 1)))
                        .refused("listen.host: 127.0.0.2 (expected: 127.0.0.1, since it can't change"),
                change("pooler.listen", "port")
                        .after((stage, told) -> told.pooler(b -> b.listen("127.0.0.1", 1)))
                        .refused("listen.port: 1 (expected: 0, since it can't change"),
                change("pooler.unixSocketDirectory")
                        .after((stage, told) -> told.pooler(b -> b.unixSocketDirectory(stage.directory)))
                        .refused("listen.unixSocketDirectory: "),
                change("pooler.unixSocketMode")
                        .after((stage, told) -> told.pooler(b -> b.unixSocketMode("0700")))
                        .refused("listen.unixSocketMode: 0700 (expected: 0777, since it can't change"),
                change("pooler.unixSocketGroup")
                        .after((stage, told) -> told.pooler(b -> b.unixSocketGroup("adm")))
                        .refused("listen.unixSocketGroup: Optional[adm] (expected: Optional.empty, since it can't"
                                + " change"),
                change("pooler.applicationNameAddHost")
                        .after((stage, told) -> told.pooler(b -> b.applicationNameAddHost(true)))
                        .seen(scene -> {
                            assertThat(scene.idle.value("SHOW application_name"))
                                    .isEmpty();
                            assertThat(scene.login().value("SHOW application_name"))
                                    .matches("app - 127\\.0\\.0\\.1:\\d+");
                        }),
                change("pooler.loginNotice")
                        .after((stage, told) -> told.pooler(b -> b.loginNotice("welcome, it's pgpool")))
                        .seen(scene -> {
                            WireClient greeted = scene.connect().startup(Stage.APP, Stage.APP);
                            greeted.authenticate(Stage.SECRET);
                            assertThat(greeted.readUntilReady())
                                    .filteredOn(line -> line.startsWith("NoticeResponse"))
                                    .singleElement()
                                    .asString()
                                    .contains("S \"NOTICE\"", "C \"00000\"", "M \"welcome, it's pgpool\"");
                        }),
                change("pooler.ignoreStartupParameters")
                        .after((stage, told) -> told.pooler(b -> b.ignoreStartupParameters("Work_Mem")))
                        .seen(scene -> {
                            for (String[] given : new String[][] {
                                {"work_mem", "5MB"}, {"WORK_MEM", "nonsense"}, {"options", "-c work_mem=5MB"}
                            }) {
                                WireClient client = scene.connect()
                                        .startup(Stage.APP, Stage.APP, given[0], given[1])
                                        .awaitLogin(Stage.SECRET);
                                assertThat(client.value("SHOW work_mem")).isEqualTo("4MB");
                            }
                        }),
                change("pooler.trackStartupParameters")
                        .before((stage, told) -> told.pooler(b -> b.ignoreStartupParameters("options", "work_mem")))
                        .after((stage, told) -> told.pooler(b ->
                                b.ignoreStartupParameters("options", "work_mem").trackStartupParameters("WORK_MEM")))
                        .seen(scene -> {
                            for (String[] given : new String[][] {
                                {"work_mem", "5MB"}, {"Work_Mem", "5MB"}, {"options", "-c work_mem=5MB -c geqo=off"}
                            }) {
                                WireClient client = scene.connect()
                                        .startup(Stage.APP, Stage.APP, given[0], given[1])
                                        .awaitLogin(Stage.SECRET);
                                assertThat(client.value("SHOW work_mem")).isEqualTo("5MB");
                                assertThat(client.value("SHOW geqo")).isEqualTo("on");
                            }
                        }),
                change("pooler.simpleQueries")
                        .after((stage, told) -> told.pooler(b -> b.simpleQueries(false)))
                        .seen(scene -> {
                            assertThat(scene.idle.query("SELECT 1").send().readUntilClosed())
                                    .singleElement()
                                    .asString()
                                    .contains("FATAL", "0A000", "PQexec disallowed");
                            assertThat(scene.boss.query("SHOW VERSION").exchange())
                                    .isNotEmpty();
                        })
                        .stopsClients(),
                change("pooler.backlog")
                        .after((stage, told) -> told.pooler(b -> b.backlog(7)))
                        .refused("listen.backlog: 7 (expected: 1024, since it can't change"),
                change("pooler.reusePort")
                        .after((stage, told) -> told.pooler(b -> b.reusePort(true)))
                        .refused("listen.reusePort: true (expected: false, since it can't change"),
                change("pooler.name")
                        .after((stage, told) -> told.pooler(b -> b.name("other")))
                        .refused("name: other (expected: pgpool, since it can't change"),
                change("pooler.daemonThreads")
                        .after((stage, told) -> told.pooler(b -> b.daemonThreads(false)))
                        .refused("daemonThreads: false (expected: true, since it can't change"),
                // is for the start: a reload takes it and asks no database
                change("pooler.initializationFailTimeout")
                        .after((stage, told) -> told.pooler(b -> b.initializationFailTimeout(Duration.ofHours(1))
                                .database("down", db -> db.host("127.0.0.1").port(1))))
                        .seen(scene -> assertThat(scene.pool.config().instance().initializationFailTimeout())
                                .hasHours(1)),
                change("pooler.fleet")
                        .after((stage, told) -> told.pooler(b -> b.fleet(fleet -> fleet.name("all")
                                        .maxServerConnections(5)
                                        .database("kept"))
                                .database("kept", db -> db.user("app"))))
                        .refused("since it can't change while the pooler runs"),
                change("database.fleet")
                        .after((stage, told) -> told.pooler(b -> b.database(
                                "kept",
                                db -> db.user("app")
                                        .fleet(fleet -> fleet.name("one").maxServerConnections(5)))))
                        .refused("since it can't change while the pooler runs"),
                change("user.fleet")
                        .after((stage, told) -> told.pooler(b -> b.database("kept", db -> db.user("app"))
                                .user(
                                        "someone",
                                        user -> user.fleet(fleet -> fleet.name("his")
                                                .maxServerConnections(5)
                                                .database("kept")))))
                        .refused("since it can't change while the pooler runs"),
                change("pooler.eventLoops")
                        .after((stage, told) -> told.pooler(b -> b.eventLoops(3)))
                        .refused("eventLoops: 3 (expected: 2, since it can't change"),
                change("pooler.peerId")
                        .after((stage, told) -> told.pooler(b -> b.peerId(3)))
                        .refused("peers.id: 3 (expected: 0, since it can't change"),
                // is no part of a configuration, so no reload can promise to change it
                change("pooler.listener")
                        .after((stage, told) -> told.pooler(b -> b.listener(new PgPoolListener() {})))
                        .seen(scene ->
                                assertThat(scene.pool.config().toString()).doesNotContain("istener")),
                change("pooler.maxClientConnections")
                        .before((stage, told) -> told.pooler(b -> b.maxClientConnections(20)))
                        .after((stage, told) -> told.pooler(b -> b.maxClientConnections(1)))
                        .logins(Outcome.refused("no more connections allowed (max_client_conn)")),
                change("pooler.loginTimeout")
                        .after((stage, told) -> told.pooler(b -> b.loginTimeout(Duration.ofMillis(300))))
                        .logins(Outcome.told("client_login_timeout"))
                        .login(Scene.Login.LOOKING, Outcome.NONE),
                change("pooler.poolMode")
                        .after((stage, told) -> told.pooler(b -> b.poolMode(PoolMode.SESSION)))
                        .seen(scene -> {
                            scene.idle.run("SELECT 1");
                            assertThat(scene.pool.servers())
                                    .filteredOn(server -> server.state() == ServerInfo.State.ACTIVE)
                                    .as("with its client and the one in a transaction")
                                    .hasSizeGreaterThanOrEqualTo(2);
                        }),
                names(
                        "pooler.dnsMaxTtl",
                        "localhost",
                        told -> told.pooler(b -> b.dnsMaxTtl(Duration.ofHours(1))),
                        told -> told.pooler(b -> b.dnsMaxTtl(Duration.ofSeconds(5)))),
                names(
                        "pooler.dnsNxdomainTtl",
                        "nowhere.invalid",
                        told -> told.pooler(b -> b.dnsNxdomainTtl(Duration.ofHours(1))),
                        told -> told.pooler(b -> b.dnsNxdomainTtl(Duration.ofSeconds(5)))),
                change("pooler.adminUsers")
                        .after((stage, told) -> told.pooler(b -> b.adminUsers(Stage.APP)))
                        .seen(scene -> {
                            scene.boss.query("SHOW POOLS").send();
                            assertThat(scene.boss.readUntilClosed())
                                    .singleElement()
                                    .asString()
                                    .contains("42501", "permission denied for the admin console");
                            WireClient app = scene.login(Stage.APP, "pgbouncer");
                            assertThat(app.query("RECONNECT").exchange().get(0)).contains("RECONNECT");
                        }),
                change("pooler.everybodyIsAdmin")
                        .after((stage, told) -> told.pooler(b -> b.adminUsers().everybodyIsAdmin(true)))
                        .seen(scene -> assertThat(scene.login(Stage.APP, "pgbouncer")
                                        .query("RECONNECT")
                                        .exchange()
                                        .get(0))
                                .contains("RECONNECT")),
                change("pooler.statsUsers")
                        .after((stage, told) -> told.pooler(b -> b.adminUsers().statsUsers(Stage.BOSS)))
                        .seen(scene -> {
                            assertThat(scene.boss.query("RECONNECT").exchange().get(0))
                                    .contains("admin access needed");
                            assertThat(scene.boss.query("SHOW POOLS").exchange().get(0))
                                    .contains("RowDescription");
                        }),
                change("pooler.maxConsoleClients")
                        .before((stage, told) -> told.pooler(b -> b.statsUsers(Stage.APP)))
                        .after((stage, told) ->
                                told.pooler(b -> b.statsUsers(Stage.APP).maxConsoleClients(1)))
                        .seen(scene -> {
                            // the operator who is there counts, and is not kept out
                            WireClient app =
                                    WireClient.connect(scene.pool.address()).startup(Stage.APP, "pgbouncer");
                            assertThat(app.authenticate(Stage.SECRET).sqlState())
                                    .isEqualTo("53300");
                            assertThat(scene.boss.query("SHOW POOLS").exchange().get(0))
                                    .contains("RowDescription");
                        }),
                change("pooler.ownerIsAdmin")
                        .before((stage, told) -> told.pooler(
                                b -> b.unixSocketDirectory(stage.directory).ownerIsAdmin(true)))
                        .after((stage, told) -> told.pooler(b -> b.unixSocketDirectory(stage.directory)))
                        .seen(scene -> assertThat(owner(scene)).isEqualTo(!Epoll.isAvailable() ? 'E' : 'R')),
                change("pooler.statsPeriod")
                        .after((stage, told) -> told.pooler(b -> b.statsPeriod(Duration.ofMillis(200))))
                        .seen(scene -> await().atMost(Wire.PATIENCE).until(() -> {
                            scene.idle.run("SELECT 1");
                            return scene.boss.query("SHOW STATS_AVERAGES").exchange().stream()
                                    .anyMatch(row -> row.matches(".*'" + Stage.APP + "' 1 '[1-9].*"));
                        })),
                change("pooler.peer")
                        .before((stage, told) -> told.pooler(b -> b.peerId(1)))
                        .after((stage, told) -> told.pooler(b -> b.peerId(1).peer(2, "127.0.0.1", PEER.getLocalPort())))
                        .seen(scene -> {
                            try (TestPooler second = TestPooler.start(b -> b.peerId(2)
                                            .database(Stage.APP, db -> TestPooler.at(db, scene.stage.postgres)));
                                    WireClient client = second.login()) {
                                scene.opened(client.cancel(scene.pool.address()));
                            }
                            try (Socket forwarded = PEER.accept()) {
                                assertThat(forwarded.getInputStream().readNBytes(16))
                                        .hasSize(16);
                            }
                        }),
                change("pooler.database", "added")
                        .after((stage, told) ->
                                told.pooler(b -> b.database("postgres", db -> TestPooler.at(db, stage.postgres))))
                        .seen(scene -> assertThat(
                                        scene.login(Stage.APP, "postgres").value("SELECT current_database()"))
                                .isEqualTo("postgres")),
                change("pooler.database", "removed")
                        .after((stage, told) -> told.withoutApp()
                                .pooler(b -> b.database("other", db -> TestPooler.at(db, stage.postgres))))
                        .logins(Outcome.refused("3D000"))
                        // whom the auth query of that database would have known
                        .login(Scene.Login.LOOKING, Outcome.refused("28P01"))
                        .stopsClients()
                        .seen(scene -> {
                            assertThat(scene.idle.readUntilClosed())
                                    .last()
                                    .asString()
                                    .contains("57P01");
                            scene.busy.query("COMMIT").send();
                            assertThat(scene.busy.readUntilClosed())
                                    .last()
                                    .asString()
                                    .contains("57P01");
                        }),
                change("pooler.user", "removed")
                        .before((stage, told) -> told.user(u -> u.maxClients(20).maxConnections(1)))
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(scene ->
                                assertThat(scene.idle.readUntilReady().get(1)).contains("served")));
    }

    /** The only server is in a transaction. */
    static void waitsForAServer(Scene scene) {
        scene.idle.query("SELECT 'served'").send();
        assertThat(scene.idle.isReadable(Duration.ofMillis(150))).isFalse();
    }

    private static final ServerSocket PEER = listen();

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Change {
        void of(Told told);
    }

    /** What was looked up before the reload is believed for no longer than the new time. */
    private static Transition names(String setting, String host, Change before, Change after) {
        return change(setting)
                .before((stage, told) -> {
                    before.of(told);
                    told.pooler(b -> named(b, stage, host));
                })
                .after((stage, told) -> {
                    after.of(told);
                    told.pooler(b -> named(b, stage, host));
                })
                .arrange(scene -> {
                    scene.opened(WireClient.connect(scene.pool.address()))
                            .startup(Stage.APP, "named")
                            .authenticate(Stage.SECRET);
                    await().atMost(Wire.PATIENCE)
                            .until(() -> scene.pool.dnsNames().stream()
                                    .anyMatch(name -> name.remaining().compareTo(Duration.ofMinutes(1)) > 0));
                })
                .seen(scene -> assertThat(scene.pool.dnsNames())
                        .isNotEmpty()
                        .allMatch(name -> name.remaining().compareTo(Duration.ofSeconds(5)) <= 0));
    }

    private static void named(PgPoolBuilder builder, Stage stage, String host) {
        builder.database(
                "named",
                db -> db.host(host)
                        .port(stage.postgres.port())
                        .databaseName(Stage.APP)
                        .waitTimeout(Duration.ofSeconds(1)));
    }

    /** The first letter of what the console says to who runs this process and does not prove more. */
    private static char owner(Scene scene) throws IOException {
        Path socket =
                scene.stage.directory.resolve(".s.PGSQL." + scene.pool.address().getPort());
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap(
                    Frontend.startup(Frontend.PROTOCOL_3_0, "user", "pgbouncer", "database", "pgbouncer")));
            ByteBuffer answer = ByteBuffer.allocate(9);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {
                // the whole head
            }
            // AuthenticationOk would be 0
            return answer.get(8) == 0 && answer.get(0) == 'R' ? 'O' : (char) answer.get(0);
        }
    }
}
