package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.config.StatePolicy;
import dev.pgpool.core.config.TargetSessionAttributes;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Where the servers of a database are, and how they are made, checked and cleaned. */
final class DatabaseTransitions {
    private static final String IS_STANDBY = "SELECT pg_is_in_recovery()";

    private DatabaseTransitions() {}

    static List<Transition> all() {
        return List.of(
                change("database.host")
                        .after((stage, told) -> told.app(
                                db -> db.host(stage.standby.socketDirectory().toString())
                                        .port(stage.standby.port())))
                        .seen(scene -> scene.awaitValue(scene.idle, IS_STANDBY, "t")),
                change("database.port")
                        .after((stage, told) -> told.app(db -> db.port(stage.standby.port())))
                        .seen(scene -> scene.awaitValue(scene.idle, IS_STANDBY, "t")),
                change("database.hosts")
                        .after((stage, told) -> told.app(db -> db.hosts("127.0.0.1:" + stage.standby.port())))
                        .seen(scene -> scene.awaitValue(scene.idle, IS_STANDBY, "t")),
                change("database.loadBalanceHosts")
                        .before((stage, told) -> told.app(db -> db.hosts(both(stage))))
                        .after((stage, told) ->
                                told.app(db -> db.hosts(both(stage)).loadBalanceHosts(LoadBalanceHosts.DISABLE)))
                        .seen(scene -> {
                            Set<String> seen = new HashSet<>();
                            List<WireClient> open = new ArrayList<>();
                            scene.busy.run("COMMIT");
                            for (int i = 0; i < 4; i++) {
                                WireClient client = scene.login();
                                client.run("BEGIN");
                                seen.add(client.value(IS_STANDBY));
                                open.add(client);
                            }
                            assertThat(seen).containsExactly("f");
                            open.forEach(WireClient::close);
                            scene.busy.run("BEGIN");
                        }),
                change("database.targetSessionAttributes")
                        .before((stage, told) -> told.app(
                                db -> db.hosts(both(stage)).targetSessionAttributes(TargetSessionAttributes.PRIMARY)))
                        .after((stage, told) -> told.app(
                                db -> db.hosts(both(stage)).targetSessionAttributes(TargetSessionAttributes.STANDBY)))
                        .seen(scene -> scene.awaitValue(scene.idle, IS_STANDBY, "t")),
                change("database.connectQuery")
                        .after((stage, told) -> told.app(db -> db.connectQuery("SET work_mem TO '7MB'")))
                        .seen(scene -> scene.awaitValue(scene.idle, "SHOW work_mem", "7MB")),
                change("database.databaseName")
                        .after((stage, told) -> told.app(db -> db.databaseName("postgres")))
                        .login(Scene.Login.LOOKING, Outcome.NONE)
                        .seen(scene -> scene.awaitValue(scene.idle, "SELECT current_database()", "postgres")),
                change("database.user")
                        .after((stage, told) -> told.app(db -> db.user("postgres")))
                        .stopsClients()
                        .seen(scene -> {
                            assertThat(scene.idle.readUntilClosed())
                                    .last()
                                    .asString()
                                    .contains("57P01");
                            assertThat(scene.login().value("SELECT current_user"))
                                    .isEqualTo("postgres");
                        }),
                change("database.password")
                        .before((stage, told) -> forced(stage, told, "one"))
                        .arrange(scene -> scene.stage.postgres.execute("ALTER ROLE forced PASSWORD 'two'"))
                        .after((stage, told) -> told.app(db -> db.user("forced").password("two")))
                        .seen(scene -> {
                            int before = scene.busy.serverPid();
                            scene.busy.run("COMMIT");
                            await().atMost(Wire.PATIENCE).until(() -> scene.busy.serverPid() != before);
                            scene.busy.run("BEGIN");
                        }),
                change("database.maxPreparedStatements")
                        .before((stage, told) -> told.app(db -> db.maxConnections(1)))
                        .after((stage, told) ->
                                told.app(db -> db.maxConnections(1).maxPreparedStatements(1)))
                        .withoutTransaction()
                        .seen(scene -> {
                            for (String name : List.of("one", "two", "three")) {
                                scene.idle
                                        .parse(name, "SELECT '" + name + "'")
                                        .bind(name)
                                        .execute()
                                        .sync()
                                        .exchange();
                            }
                            assertThat(scene.pool.servers())
                                    .filteredOn(server -> server.pool().user().equals(Stage.APP))
                                    .singleElement()
                                    .satisfies(server -> assertThat(server.preparedStatements())
                                            .isEqualTo(1));
                        }),
                change("database.sessionState")
                        .after((stage, told) ->
                                told.app(db -> db.sessionState(SessionState.SETTING, StatePolicy.REJECT)))
                        .seen(scene -> await().atMost(Wire.PATIENCE)
                                .until(() -> scene.login()
                                        .query("SET work_mem TO '9MB'")
                                        .exchange()
                                        .toString()
                                        .contains("session state is not allowed"))),
                change("database.serverResetQuery")
                        .before((stage, told) -> told.app(db -> db.serverResetQueryAlways(true)))
                        .after((stage, told) -> told.app(
                                db -> db.serverResetQueryAlways(true).serverResetQuery("SET work_mem TO '6MB'")))
                        .seen(scene -> scene.awaitValue(scene.idle, "SHOW work_mem", "6MB")),
                change("database.serverResetQueryAlways")
                        .before((stage, told) -> told.app(db -> db.serverResetQuery("SET work_mem TO '6MB'")))
                        .after((stage, told) -> told.app(db ->
                                db.serverResetQuery("SET work_mem TO '6MB'").serverResetQueryAlways(true)))
                        .seen(scene -> scene.awaitValue(scene.idle, "SHOW work_mem", "6MB")),
                // servers are used again, and checked before that, which leaves its trace
                change("database.serverCheckDelay")
                        .before((stage, told) -> told.app(db ->
                                db.serverCheckQuery("SET work_mem TO '5MB'").serverCheckDelay(Duration.ofHours(1))))
                        .after((stage, told) -> told.app(db ->
                                db.serverCheckQuery("SET work_mem TO '5MB'").serverCheckDelay(Duration.ZERO)))
                        .seen(scene -> scene.awaitValue(scene.idle, "SHOW work_mem", "5MB")),
                change("database.serverCheckQuery")
                        .before((stage, told) -> told.app(db -> db.serverCheckDelay(Duration.ZERO)))
                        .after((stage, told) -> told.app(
                                db -> db.serverCheckDelay(Duration.ZERO).serverCheckQuery("SET work_mem TO '5MB'")))
                        .seen(scene -> scene.awaitValue(scene.idle, "SHOW work_mem", "5MB")),
                change("database.serverCheckTimeout")
                        .before((stage, told) -> checked(told, Duration.ofSeconds(20)))
                        .after((stage, told) -> checked(told, Duration.ofMillis(100)))
                        .seen(scene -> {
                            int before = scene.idle.serverPid();
                            assertThat(scene.idle.serverPid()).isNotEqualTo(before);
                        }),
                change("database.serverRoundRobin")
                        .before((stage, told) -> told.pooler(b -> b.eventLoops(1)))
                        .after((stage, told) ->
                                told.pooler(b -> b.eventLoops(1)).app(db -> db.serverRoundRobin(true)))
                        .seen(scene -> {
                            scene.busy.run("COMMIT");
                            List<WireClient> both = List.of(scene.login(), scene.login());
                            both.forEach(client -> client.run("BEGIN"));
                            both.forEach(client -> client.run("COMMIT"));
                            Set<Integer> servers = new HashSet<>();
                            await().atMost(Wire.PATIENCE).until(() -> {
                                servers.add(scene.idle.serverPid());
                                return servers.size() > 1;
                            });
                            scene.busy.run("BEGIN");
                        }),
                change("database.serverFastClose")
                        .before((stage, told) -> told.app(db -> db.mode(PoolMode.SESSION)))
                        .after((stage, told) ->
                                told.app(db -> db.mode(PoolMode.SESSION).serverFastClose(true)))
                        .stopsClients()
                        .seen(scene -> {
                            WireClient client = scene.login();
                            client.run("SELECT 1");
                            scene.pool.reconnect();
                            assertThat(client.readUntilClosed())
                                    .last()
                                    .asString()
                                    .contains("57P01");
                        }),
                change("database.abandonTimeout")
                        .before((stage, told) -> stalled(stage, told, db -> db.abandonTimeout(Duration.ofHours(1))))
                        .after((stage, told) -> stalled(stage, told, db -> db.abandonTimeout(Duration.ofMillis(200))))
                        .stopsClients()
                        .seen(scene -> {
                            scene.stage.network().stall();
                            scene.busy.query("SELECT pg_sleep(100)").send();
                            int servers = scene.pool.servers().size();
                            scene.busy.close();
                            await().atMost(Wire.PATIENCE)
                                    .until(() -> scene.pool.servers().size() < servers);
                            scene.stage.network().resume();
                        }),
                change("database.cancelTimeout")
                        .before((stage, told) -> stalled(
                                stage,
                                told,
                                db -> db.queryTimeout(Duration.ofMillis(100)).cancelTimeout(Duration.ofHours(1))))
                        .arrange(scene -> {
                            scene.stage.network().stall();
                            scene.busy.query("SELECT pg_sleep(100)").send();
                        })
                        .after((stage, told) -> stalled(
                                stage,
                                told,
                                db -> db.queryTimeout(Duration.ofMillis(100)).cancelTimeout(Duration.ofMillis(200))))
                        .login(Scene.Login.LOOKING, Outcome.NONE)
                        .stopsClients()
                        .seen(scene -> {
                            assertThat(scene.busy.readUntilClosed())
                                    .last()
                                    .asString()
                                    .contains("57014");
                            scene.stage.network().resume();
                        }));
    }

    private static void stalled(Stage stage, Told told, Consumer<DatabaseBuilder> more) {
        told.app(db -> more.accept(db.host("127.0.0.1").port(stage.network().port())));
    }

    private static String[] both(Stage stage) {
        return new String[] {"127.0.0.1:" + stage.postgres.port(), "127.0.0.1:" + stage.standby.port()};
    }

    private static void checked(Told told, Duration timeout) {
        told.app(db -> db.serverCheckDelay(Duration.ZERO)
                .serverCheckQuery("SELECT pg_sleep(0.4)")
                .serverCheckTimeout(timeout));
    }

    private static void forced(Stage stage, Told told, String password) {
        if (stage.postgres
                .query("SELECT 1 FROM pg_roles WHERE rolname = 'forced'")
                .isEmpty()) {
            stage.postgres.execute("CREATE ROLE forced LOGIN");
            stage.postgres.addHbaEntry("host all forced all scram-sha-256");
        }
        stage.postgres.execute("ALTER ROLE forced PASSWORD '" + password + "'");
        told.app(db -> db.user("forced").password(password));
    }
}
