package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.ConnectionFactory;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import reactor.core.publisher.Mono;

/** A pooler in a Spring Boot application, in front of a real server. */
class AutoConfigurationIT {
    private static final AutoConfigurations OURS = AutoConfigurations.of(
            PgPoolAutoConfiguration.class,
            PgPoolDataSourceAutoConfiguration.class,
            PgPoolR2dbcAutoConfiguration.class,
            PgPoolObservationAutoConfiguration.class);

    private final TestPostgres postgres = TestPostgres.shared(18);
    private String user;
    private ApplicationContextRunner application;

    @BeforeEach
    void applicationWithDataSource() {
        user = postgres.createRole("scram-sha-256", "secret");
        application = new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                // R2DBC is on the class path of these tests, and Boot makes no data source where it makes a connection
                // factory
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=2", "pgpool.listen.port=0", "pgpool.event-loops=1");
    }

    /** The two lines. */
    private ApplicationContextRunner pooled() {
        return application.withPropertyValues(
                "pgpool.databases.app.host=127.0.0.1", "pgpool.databases.app.port=" + postgres.port());
    }

    private ApplicationContextRunner pooledWithLogin() {
        return pooled().withPropertyValues("pgpool.credentials." + user + "=secret");
    }

    private static String ask(DataSource source, String sql) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void goesThroughThePooler(ApplicationContext context, String user) {
        assertThat(ask(context.getBean(DataSource.class), "SELECT current_user"))
                .isEqualTo(user);
        PgPool pool = context.getBean(PgPool.class);
        assertThat(pool.snapshot().pools())
                .singleElement()
                .satisfies(figures -> assertThat(figures.key()).isEqualTo(new PoolKey("app", user)));
    }

    // ---- the data source

    @Test
    void twoLinesAndALoginGiveADataSource() {
        pooledWithLogin().run(context -> goesThroughThePooler(context, user));
    }

    @Test
    void theLoginMayStayWhereItWas() {
        pooled().withPropertyValues("spring.datasource.username=" + user, "spring.datasource.password=secret")
                .run(context -> goesThroughThePooler(context, user));
    }

    @Test
    void theLoginMayBeThatOfTheDatabase() {
        pooled().withPropertyValues("pgpool.databases.app.user=" + user, "pgpool.databases.app.password=secret")
                .run(context -> goesThroughThePooler(context, user));
    }

    @Test
    void theLoginMayBeSaidForTheDataSource() {
        String other = postgres.createRole("scram-sha-256", "secret");
        pooledWithLogin()
                .withPropertyValues("pgpool.credentials." + other + "=secret", "pgpool.datasource.user=" + other)
                .run(context -> goesThroughThePooler(context, other));
    }

    @Test
    void aStoreOfTheApplicationIsAsked() {
        pooled().withPropertyValues("pgpool.datasource.user=" + user, "pgpool.datasource.password=secret")
                .withBean(CredentialStore.class, () -> CredentialStore.of(Map.of(user, "secret")))
                .run(context -> goesThroughThePooler(context, user));
    }

    @Test
    void ofSeveralDatabasesOneIsNamed() {
        ApplicationContextRunner two = pooledWithLogin().withPropertyValues("pgpool.databases.other.host=127.0.0.1");
        two.withPropertyValues("pgpool.datasource.database=app").run(context -> goesThroughThePooler(context, user));
        two.run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining("pgpool.datasource.database: not set")
                .hasMessageContaining("app"));
    }

    @Test
    void aUrlOfTheApplicationIsLeftAlone() {
        pooledWithLogin()
                .withPropertyValues(
                        "spring.datasource.url=jdbc:postgresql://127.0.0.1:" + postgres.port() + "/app",
                        "spring.datasource.username=" + user,
                        "spring.datasource.password=secret")
                .run(context -> {
                    assertThat(ask(context.getBean(DataSource.class), "SELECT 1"))
                            .isEqualTo("1");
                    assertThat(context.getBean(PgPool.class).snapshot().pools()).isEmpty();
                });
    }

    @Test
    void theDataSourceIsLeftAloneIfWanted() {
        pooledWithLogin()
                .withPropertyValues("pgpool.datasource.enabled=false")
                .run(context -> assertThat(context).hasFailed());
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withPropertyValues(
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.listen.port=0",
                        "pgpool.datasource.enabled=false")
                .run(context ->
                        assertThat(context).hasSingleBean(PgPool.class).doesNotHaveBean(JdbcConnectionDetails.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "*"})
    void theConnectionFactoryLeadsToThePooler(String host) {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class))
                .withPropertyValues(
                        "pgpool.listen.host=" + host,
                        "pgpool.listen.port=0",
                        "pgpool.event-loops=1",
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=" + postgres.port(),
                        "pgpool.credentials." + user + "=secret")
                .run(context -> {
                    // Boot makes no data source now, and Flyway takes these details for the word that there is one
                    assertThat(context).doesNotHaveBean(JdbcConnectionDetails.class);
                    ConnectionFactory factory = context.getBean(ConnectionFactory.class);
                    String asked = Mono.usingWhen(
                                    factory.create(),
                                    connection -> Mono.from(connection
                                                    .createStatement("SELECT current_user::text")
                                                    .execute())
                                            .flatMap(result ->
                                                    Mono.from(result.map((row, names) -> row.get(0, String.class)))),
                                    connection -> connection.close())
                            .block(Duration.ofSeconds(20));
                    assertThat(asked).isEqualTo(user);
                    assertThat(context.getBean(PgPool.class).snapshot().pools()).hasSize(1);
                });
    }

    // ---- there or not

    @Test
    void nothingHappensWithoutProperties() {
        new ApplicationContextRunner().withConfiguration(OURS).run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(PgPool.class);
            assertThat(context.getBeanDefinitionNames()).noneMatch(name -> name.startsWith("pgPool"));
        });
    }

    @Test
    void nothingHappensIfItIsSwitchedOff() {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withPropertyValues("pgpool.databases.app.host=127.0.0.1", "pgpool.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(PgPool.class));
    }

    @Test
    void aPoolerOfTheApplicationComesFirst() {
        pooledWithLogin()
                .withBean(
                        "mine",
                        PgPool.class,
                        () -> PgPool.builder()
                                .listen("127.0.0.1", 0)
                                .eventLoops(1)
                                .credentials(CredentialStore.of(Map.of(user, "secret")))
                                .database("app", db -> db.host("127.0.0.1").port(postgres.port()))
                                .build()
                                .start())
                .run(context -> {
                    assertThat(context).hasSingleBean(PgPool.class).hasBean("mine");
                    goesThroughThePooler(context, user);
                });
    }

    @Test
    void aCustomizerIsEnough() {
        application
                .withBean(
                        PgPoolCustomizer.class,
                        () -> builder -> builder.clientAuthentication(ClientAuthentication.TRUST)
                                .database("app", db -> db.host("127.0.0.1").port(postgres.port())))
                .withPropertyValues("pgpool.datasource.user=" + TestPostgres.USER)
                .run(context -> goesThroughThePooler(context, TestPostgres.USER));
    }

    @Test
    void onlyWhatIsThereIsUsed() {
        new ApplicationContextRunner()
                .withConfiguration(OURS)
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.jdbc",
                        "org.springframework.boot.r2dbc",
                        "org.springframework.boot.health",
                        "io.r2dbc",
                        "io.micrometer"))
                .withPropertyValues("pgpool.databases.app.host=127.0.0.1", "pgpool.listen.port=0")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(PgPool.class));
    }

    // ---- order

    /** A data source of the application's own, and a bean that uses it in its last words. */
    @Configuration(proxyBeanMethods = false)
    static class OwnDataSource {
        static final List<String> LAST_WORDS = new CopyOnWriteArrayList<>();

        @Bean
        HikariDataSource own(Environment environment) {
            HikariDataSource source = DataSourceBuilder.create()
                    .type(HikariDataSource.class)
                    .url("jdbc:postgresql://127.0.0.1:" + environment.getProperty("pgpool.listen.port") + "/app")
                    .username(environment.getProperty("test.user"))
                    .password("secret")
                    .build();
            source.setMaximumPoolSize(1);
            // fails at once if the pooler is not there yet
            source.setInitializationFailTimeout(1);
            return source;
        }

        @Bean
        DisposableBean lastWords(DataSource own) {
            return () -> LAST_WORDS.add(ask(own, "SELECT 'bye'"));
        }

        @Bean
        Object eager(DataSource own) {
            return ask(own, "SELECT 1");
        }
    }

    @Test
    void everyDataSourceBeginsAfterThePoolerAndEndsBeforeIt() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        OwnDataSource.LAST_WORDS.clear();
        PgPool[] pool = new PgPool[1];
        pooledWithLogin()
                .withPropertyValues("pgpool.listen.port=" + port, "test.user=" + user)
                .withUserConfiguration(OwnDataSource.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    pool[0] = context.getBean(PgPool.class);
                    assertThat(pool[0].healthy()).isTrue();
                });
        assertThat(OwnDataSource.LAST_WORDS).containsExactly("bye");
        assertThat(pool[0].healthy()).isFalse();
        assertThat(pool[0].whenClosed().toCompletableFuture()).isDone();
    }

    @Test
    void clientsOfOthersMayFinishTheirTransactions() throws Exception {
        Connection[] other = new Connection[1];
        CompletableFuture<?>[] committed = new CompletableFuture<?>[1];
        pooledWithLogin().withPropertyValues("pgpool.drain-timeout=20s").run(context -> {
            String url = context.getBean(JdbcConnectionDetails.class).getJdbcUrl();
            other[0] = DriverManager.getConnection(url, user, "secret");
            other[0].setAutoCommit(false);
            try (Statement statement = other[0].createStatement()) {
                statement.execute("SELECT 1");
            }
            PgPool pool = context.getBean(PgPool.class);
            committed[0] = CompletableFuture.runAsync(() -> {
                await().until(() -> !pool.healthy());
                try (Statement statement = other[0].createStatement()) {
                    statement.execute("SELECT 2");
                    other[0].commit();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        });
        try (Connection connection = other[0]) {
            assertThat(committed[0]).succeedsWithin(Duration.ofSeconds(20));
            assertThat(connection.isValid(1)).isFalse();
        }
    }

    // ---- listeners, meters, health

    @Test
    void listenersHear() {
        List<String> heard = new CopyOnWriteArrayList<>();
        pooledWithLogin()
                .withBean("fails", PgPoolListener.class, () -> new PgPoolListener() {
                    @Override
                    public void onClientConnected(PoolKey pool, Duration took) {
                        throw new IllegalStateException("on purpose");
                    }
                })
                .withBean("hears", PgPoolListener.class, () -> new PgPoolListener() {
                    @Override
                    public void onClientConnected(PoolKey pool, Duration took) {
                        heard.add("connected " + pool);
                    }

                    @Override
                    public void onClientClosed(PoolKey pool, CloseReason reason) {
                        heard.add("closed " + pool);
                    }
                })
                .run(context -> goesThroughThePooler(context, user));
        assertThat(heard).contains("connected " + user + "@app", "closed " + user + "@app");
    }

    @Test
    void metersAreBoundAndGone() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        pooledWithLogin().withBean(MeterRegistry.class, () -> registry).run(context -> {
            goesThroughThePooler(context, user);
            await().untilAsserted(() -> {
                registry.getMeters().forEach(meter -> meter.measure().forEach(measurement -> measurement.getValue()));
                assertThat(registry.find("pgbouncer.pools.server.idle").meters())
                        .isNotEmpty();
            });
        });
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void noMetersIfNotWanted() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        pooledWithLogin()
                .withBean(MeterRegistry.class, () -> registry)
                .withPropertyValues("pgpool.meters=false")
                .run(context -> assertThat(registry.getMeters()).isEmpty());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> database(Health health) {
        return ((Map<String, Map<String, Object>>) health.getDetails().get("databases")).get("app");
    }

    @Test
    void healthIsUpWhereServersAre() {
        pooledWithLogin().run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
            assertThat(database(indicator.health())).containsEntry("status", "UNKNOWN");

            goesThroughThePooler(context, user);

            assertThat(database(indicator.health()))
                    .containsEntry("status", "UP")
                    .containsEntry("servers", 1);
            context.getBean(PgPool.class).close();
            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void healthIsDownWhereNoServerIs() {
        application
                .withPropertyValues(
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=1",
                        "pgpool.databases.app.min-connections=1",
                        "pgpool.databases.app.user=" + user,
                        "pgpool.databases.app.password=secret",
                        "pgpool.databases.app.connect-retry-delay=100ms")
                .run(context -> {
                    HealthIndicator indicator = context.getBean(HealthIndicator.class);
                    await().untilAsserted(() ->
                            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN));
                    assertThat(database(indicator.health()).get("lastFailure").toString())
                            .contains("127.0.0.1");
                });
    }

    @Test
    void aLoginThatIsRefusedDoesNotMakeADatabaseDown() {
        String stranger = postgres.createRole("scram-sha-256", "another");
        pooled().withPropertyValues("pgpool.credentials." + stranger + "=secret")
                .run(context -> {
                    assertThat(context.getBean(DataSource.class)).isNotNull();
                    try (Connection connection =
                            context.getBean(DataSource.class).getConnection()) {
                        assertThat(connection).isNull();
                    } catch (SQLException e) {
                        assertThat(e.getMessage()).contains("authentication failed");
                    }
                    HealthIndicator indicator = context.getBean(HealthIndicator.class);
                    assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
                    assertThat(database(indicator.health()).get("lastFailure").toString())
                            .contains("28P01");
                });
    }

    @Test
    void healthCanBeSwitchedOff() {
        pooledWithLogin()
                .withPropertyValues("management.health.pgpool.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }
}
