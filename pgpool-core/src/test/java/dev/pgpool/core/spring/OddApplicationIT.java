package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.TestPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Applications with poolers of their own, with more than one, with everything lazy: they start, or say what is wrong. */
class OddApplicationIT {
    private final TestPostgres postgres = TestPostgres.shared(18);
    private String user;
    private ApplicationContextRunner application;

    @BeforeEach
    void applicationWithDataSource() {
        user = postgres.createRole("scram-sha-256", "secret");
        application = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        PgPoolAutoConfiguration.class,
                        PgPoolDataSourceAutoConfiguration.class,
                        PgPoolR2dbcAutoConfiguration.class,
                        PgPoolObservationAutoConfiguration.class,
                        DataSourceAutoConfiguration.class))
                .withPropertyValues("pgpool.listen.port=0", "pgpool.event-loops=1");
    }

    private PgPool pool() {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .eventLoops(1)
                .credentials(CredentialStore.of(Map.of(user, "secret")))
                .database("app", db -> db.host("127.0.0.1").port(postgres.port()))
                .build();
    }

    private static int connected(DataSource source) throws Exception {
        try (Connection connection = source.getConnection()) {
            return connection.isValid(5) ? 1 : 0;
        }
    }

    @Test
    void twoPoolersHaveTheirHealthAndTheirMetersEach() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        application
                .withBean(MeterRegistry.class, () -> registry)
                .withBean("first", PgPool.class, () -> pool().start())
                .withBean("second", PgPool.class, () -> pool().start())
                .withPropertyValues("spring.datasource.url=jdbc:postgresql://127.0.0.1:" + postgres.port() + "/app")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    CompositeHealthContributor health =
                            (CompositeHealthContributor) context.getBean(HealthContributor.class);
                    assertThat(health.stream().map(CompositeHealthContributor.Entry::name))
                            .containsExactlyInAnyOrder("first", "second");
                    assertThat(registry.find("pgbouncer.databases.pool.size").meters())
                            .extracting(meter -> meter.getId().getTag("pooler"))
                            .containsExactlyInAnyOrder("first", "second");
                });
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void ofTwoPoolersThePrimaryOneHasTheDataSource() {
        application
                .withBean("first", PgPool.class, () -> pool().start())
                .withBean("second", PgPool.class, () -> pool().start(), definition -> definition.setPrimary(true))
                .withPropertyValues("pgpool.datasource.user=" + user, "pgpool.datasource.password=secret")
                .run(context -> {
                    assertThat(connected(context.getBean(DataSource.class))).isEqualTo(1);
                    assertThat(context.getBean("first", PgPool.class).snapshot().pools())
                            .isEmpty();
                    assertThat(context.getBean("second", PgPool.class)
                                    .snapshot()
                                    .pools())
                            .hasSize(1);
                });
    }

    @Test
    void aPoolerThatIsNotStartedIsSaidToBeSo() {
        application
                .withBean("mine", PgPool.class, this::pool)
                .withPropertyValues("pgpool.datasource.user=" + user, "pgpool.datasource.password=secret")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("not running")
                        .satisfies(cause -> assertThat(context.getStartupFailure())
                                .hasStackTraceContaining("the PgPool bean does not run: a bean of the application's own"
                                        + " is to be started")));
    }

    @Test
    void metersAreThereWhereAllIsLazy() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        application
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .withBean(MeterRegistry.class, () -> registry)
                .withPropertyValues(
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=" + postgres.port(),
                        "pgpool.credentials." + user + "=secret")
                .run(context -> assertThat(
                                registry.find("pgbouncer.databases.pool.size").meters())
                        .hasSize(1));
    }

    @Test
    void aListMayBeOneOfYaml() {
        application
                .withPropertyValues(
                        "pgpool.databases.app.host=127.0.0.1", "pgpool.admin-users[0]=ada", "pgpool.admin-users[1]=bob")
                .run(context -> assertThat(
                                context.getBean(PgPool.class).config().admin().adminUsers())
                        .containsExactlyInAnyOrder("ada", "bob"));
    }

    @Test
    void theDriverHasItsOptionsWithoutAUrl() {
        application
                .withPropertyValues(
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=" + postgres.port(),
                        "pgpool.credentials." + user + "=secret",
                        "spring.datasource.hikari.data-source-properties.ApplicationName=bank")
                .run(context -> {
                    try (Connection connection =
                            context.getBean(DataSource.class).getConnection()) {
                        assertThat(connection.getClientInfo("ApplicationName")).isEqualTo("bank");
                    }
                });
    }
}
