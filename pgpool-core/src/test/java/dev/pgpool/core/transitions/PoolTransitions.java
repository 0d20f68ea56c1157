package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.UserBuilder;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.transitions.Transition.Look;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** How many servers and clients there may be, and how long things may take: of a database, and of a user. */
final class PoolTransitions {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(200);

    private PoolTransitions() {}

    static List<Transition> all() {
        List<Transition> all = new ArrayList<>(ofBoth());
        all.addAll(ofDatabases());
        return all;
    }

    /** What databases and users have in common. */
    private static List<Transition> ofBoth() {
        return List.of(
                one(db -> db.mode(PoolMode.TRANSACTION), db -> db.mode(PoolMode.STATEMENT), "database.mode")
                        .seen(PoolTransitions::noTransactions),
                user(u -> u.mode(PoolMode.TRANSACTION), u -> u.mode(PoolMode.STATEMENT), "user.mode")
                        .seen(PoolTransitions::noTransactions),
                one(db -> db.maxConnections(1), db -> db.maxConnections(2), "database.maxConnections")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                user(u -> u.maxConnections(1), u -> u.maxConnections(2), "user.maxConnections")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                one(
                                db -> db.maxConnections(1).reserveTimeout(Duration.ofMillis(50)),
                                db -> db.maxConnections(1)
                                        .reserveTimeout(Duration.ofMillis(50))
                                        .reserveConnections(1),
                                "database.reserveConnections")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                change("user.reserveConnections")
                        .before((stage, told) -> told.app(db -> db.reserveTimeout(Duration.ofMillis(50)))
                                .user(u -> u.maxConnections(1)))
                        .after((stage, told) -> told.app(db -> db.reserveTimeout(Duration.ofMillis(50)))
                                .user(u -> u.maxConnections(1).reserveConnections(1)))
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                one(
                                db -> db.maxConnections(1).reserveConnections(1).reserveTimeout(LONG),
                                db -> db.maxConnections(1).reserveConnections(1).reserveTimeout(SHORT),
                                "database.reserveTimeout")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                one(db -> db.maxServerConnections(1), db -> db.maxServerConnections(2), "database.maxServerConnections")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                user(u -> u.maxServerConnections(1), u -> u.maxServerConnections(2), "user.maxServerConnections")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(PoolTransitions::isServed),
                one(db -> db.maxClients(20), db -> db.maxClients(1), "database.maxClients")
                        .logins(Outcome.refused("max_db_client_connections")),
                user(u -> u.maxClients(20), u -> u.maxClients(1), "user.maxClients")
                        .logins(Outcome.refused("max_user_client_connections"))
                        .login(Scene.Login.LOOKING, Outcome.IN),
                one(db -> db.maxConnections(1), db -> db.maxConnections(1).waitTimeout(SHORT), "database.waitTimeout")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .stopsClients()
                        .seen(told(scene -> scene.idle, "query_wait_timeout")),
                user(u -> u.maxConnections(1), u -> u.maxConnections(1).waitTimeout(SHORT), "user.waitTimeout")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .stopsClients()
                        .seen(told(scene -> scene.idle, "query_wait_timeout")),
                one(
                                db -> db.maxConnections(1).waitNotice(LONG),
                                db -> db.maxConnections(1).waitNotice(SHORT),
                                "database.waitNotice")
                        .arrange(PoolerTransitions::waitsForAServer)
                        .seen(scene -> {
                            assertThat(scene.idle.read().toString()).contains("client being queued");
                            scene.busy.run("COMMIT");
                            isServed(scene);
                        }),
                one(db -> db.queryTimeout(LONG), db -> db.queryTimeout(SHORT), "database.queryTimeout")
                        .arrange(scene ->
                                scene.busy.query("SELECT pg_sleep(100)").send())
                        .stopsClients()
                        .seen(PoolTransitions::isCancelled),
                user(u -> u.queryTimeout(LONG), u -> u.queryTimeout(SHORT), "user.queryTimeout")
                        .arrange(scene ->
                                scene.busy.query("SELECT pg_sleep(100)").send())
                        .stopsClients()
                        .seen(PoolTransitions::isCancelled),
                one(db -> {}, db -> db.queryTimeout(SHORT), "database.queryTimeout", "none before, in session mode")
                        .arrange(scene ->
                                scene.busy.query("SELECT pg_sleep(100)").send())
                        .stopsClients()
                        .seen(PoolTransitions::isCancelled),
                one(db -> {}, db -> db.transactionTimeout(SHORT), "database.transactionTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.busy, "25P04")),
                user(u -> {}, u -> u.transactionTimeout(SHORT), "user.transactionTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.busy, "25P04")),
                one(db -> {}, db -> db.idleInTransactionTimeout(SHORT), "database.idleInTransactionTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.busy, "25P03")),
                user(u -> {}, u -> u.idleInTransactionTimeout(SHORT), "user.idleInTransactionTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.busy, "25P03")),
                one(db -> {}, db -> db.clientIdleTimeout(SHORT), "database.clientIdleTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.idle, "57P05")),
                user(u -> u.clientIdleTimeout(LONG), u -> u.clientIdleTimeout(SHORT), "user.clientIdleTimeout")
                        .stopsClients()
                        .seen(told(scene -> scene.idle, "57P05")),
                user(
                                u -> u.clientIdleTimeout(Duration.ofMillis(1_500)),
                                u -> {},
                                "user.clientIdleTimeout",
                                "none after")
                        .seen(scene -> assertThat(scene.idle.isReadable(Duration.ofMillis(2_000)))
                                .isFalse()));
    }

    private static List<Transition> ofDatabases() {
        return List.of(
                one(db -> {}, db -> db.minConnections(4), "database.minConnections")
                        .seen(scene -> await().atMost(Wire.PATIENCE)
                                .until(() -> scene.pool.servers().stream()
                                                .filter(server ->
                                                        server.pool().user().equals(Stage.APP))
                                                .count()
                                        == 4)),
                one(db -> {}, db -> db.serverLifetime(Duration.ofMillis(1_500)), "database.serverLifetime")
                        .seen(PoolTransitions::serversGo),
                one(db -> {}, db -> db.serverIdleTimeout(SHORT), "database.serverIdleTimeout")
                        .seen(PoolTransitions::serversGo),
                one(db -> db.poolIdleTimeout(LONG), db -> db.poolIdleTimeout(SHORT), "database.poolIdleTimeout")
                        .stopsClients()
                        .seen(scene -> {
                            scene.leave();
                            await().atMost(Wire.PATIENCE)
                                    .until(() -> scene.pool.snapshot().pools().isEmpty());
                        }),
                change("database.autoDatabaseIdleTimeout")
                        .before((stage, told) ->
                                told.pooler(b -> b.database("*", db -> TestPooler.at(db, stage.postgres))))
                        .arrange(scene -> {
                            WireClient client = scene.login(Stage.APP, "postgres");
                            client.run("SELECT 1");
                            client.close();
                        })
                        .after((stage, told) -> told.pooler(b -> b.database(
                                "*", db -> TestPooler.at(db, stage.postgres).autoDatabaseIdleTimeout(SHORT))))
                        .seen(scene -> await().atMost(Wire.PATIENCE)
                                .until(() -> scene.pool.snapshot().pools().stream()
                                        .noneMatch(pool -> pool.key().database().equals("postgres")))),
                silent(db -> {}, db -> db.maxParallelConnects(3), "database.maxParallelConnects")
                        .seen(scene -> await().atMost(Wire.PATIENCE).until(() -> connecting(scene) == 3)),
                silent(db -> db.connectTimeout(LONG), db -> db.connectTimeout(SHORT), "database.connectTimeout")
                        .seen(scene -> await().atMost(Wire.PATIENCE).until(() -> failures(scene) > 0)),
                change("database.connectRetryDelay")
                        .before((stage, told) -> refusing(told, db -> db.connectRetryDelay(LONG)))
                        .login(Scene.Login.LOOKING, Outcome.NONE)
                        .arrange(scene -> {
                            scene.connect().startup(Stage.APP, "refusing");
                            await().atMost(Wire.PATIENCE).until(() -> failures(scene) == 1);
                        })
                        .after((stage, told) -> refusing(told, db -> db.connectRetryDelay(Duration.ofMillis(50))))
                        .seen(scene -> await().atMost(Wire.PATIENCE).until(() -> {
                            scene.connect().startup(Stage.APP, "refusing");
                            return failures(scene) > 2;
                        })));
    }

    private static Transition one(Consumer<DatabaseBuilder> before, Consumer<DatabaseBuilder> after, String setting) {
        return one(before, after, setting, "");
    }

    private static Transition one(
            Consumer<DatabaseBuilder> before, Consumer<DatabaseBuilder> after, String setting, String about) {
        boolean session = about.contains("session mode");
        Consumer<DatabaseBuilder> mode =
                session ? db -> db.mode(PoolMode.SESSION).maxConnections(9) : db -> {};
        return change(setting, about)
                .before((stage, told) -> told.app(mode).app(before))
                .after((stage, told) -> told.app(mode).app(after));
    }

    private static Transition user(Consumer<UserBuilder> before, Consumer<UserBuilder> after, String setting) {
        return user(before, after, setting, "");
    }

    private static Transition user(
            Consumer<UserBuilder> before, Consumer<UserBuilder> after, String setting, String about) {
        return change(setting, about)
                .before((stage, told) -> told.user(before))
                .after((stage, told) -> told.user(after));
    }

    private static void noTransactions(Scene scene) {
        await().atMost(Wire.PATIENCE)
                .until(() -> scene.login()
                        .query("BEGIN")
                        .send()
                        .readUntilClosed()
                        .toString()
                        .contains("transaction blocks not allowed"));
    }

    private static void isServed(Scene scene) {
        assertThat(scene.idle.readUntilReady().get(1)).contains("served");
    }

    private static void isCancelled(Scene scene) {
        assertThat(scene.busy.readUntilReady()).anyMatch(message -> message.contains("57014"));
    }

    private static Look told(Function<Scene, WireClient> who, String words) {
        return scene ->
                assertThat(who.apply(scene).readUntilClosed()).last().asString().contains(words);
    }

    /** All but the one in a transaction. */
    private static void serversGo(Scene scene) {
        int kept = scene.busy.serverPid();
        await().atMost(Wire.PATIENCE)
                .until(() -> scene.stage
                        .postgres
                        .query("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + Stage.APP
                                + "' AND backend_type = 'client backend' AND state = 'idle' AND pid <> " + kept)
                        .equals(List.of("0")));
    }

    /** A database whose server takes connections and says nothing, and clients who want some. */
    private static Transition silent(
            Consumer<DatabaseBuilder> before, Consumer<DatabaseBuilder> after, String setting) {
        return change(setting)
                .before((stage, told) -> silent(told, before))
                .login(Scene.Login.LOOKING, Outcome.NONE)
                .arrange(scene -> {
                    for (int i = 0; i < 4; i++) {
                        scene.connect().startup(Stage.APP, "silent");
                    }
                    await().atMost(Wire.PATIENCE).until(() -> connecting(scene) == 2);
                })
                .after((stage, told) -> silent(told, after));
    }

    private static void silent(Told told, Consumer<DatabaseBuilder> more) {
        told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)
                .database("silent", db -> more.accept(db.host("127.0.0.1").port(SILENT.getLocalPort()))));
    }

    private static void refusing(Told told, Consumer<DatabaseBuilder> more) {
        told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)
                .database("refusing", db -> more.accept(db.host("127.0.0.1").port(CLOSED))));
    }

    private static int connecting(Scene scene) {
        return scene.pool.snapshot().pools().stream()
                .filter(pool -> pool.key().database().equals("silent"))
                .mapToInt(pool -> pool.serverStates().connecting())
                .sum();
    }

    private static long failures(Scene scene) {
        return scene.pool.snapshot().databases().stream()
                .filter(database ->
                        database.name().equals("silent") || database.name().equals("refusing"))
                .mapToLong(database -> database.traffic().connectFailures())
                .sum();
    }

    private static final ServerSocket SILENT = listen();
    private static final int CLOSED = closed();

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int closed() {
        try (ServerSocket free = listen()) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
