package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ConfigurableApplicationContext;

/** Properties that change while the application runs. */
class ReloadOnRefreshTest {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(PgPoolAutoConfiguration.class))
            .withPropertyValues(
                    "pgpool.databases.app.host=db1",
                    "pgpool.databases.app.max-connections=7",
                    "pgpool.listen.port=0",
                    "pgpool.event-loops=1");

    private static void change(ConfigurableApplicationContext context, String property) {
        TestPropertyValues.of(property).applyTo(context);
        context.publishEvent(new EnvironmentChangeEvent(context));
    }

    private static int maxConnections(PgPool pool) {
        return pool.config().databases().get("app").pool().limits().maxConnections();
    }

    @Test
    void areAdopted() {
        application.run(context -> {
            PgPool pool = context.getBean(PgPool.class);
            assertThat(maxConnections(pool)).isEqualTo(7);

            change(context, "pgpool.databases.app.max-connections=9");

            assertThat(maxConnections(pool)).isEqualTo(9);
        });
    }

    @Test
    void areRefusedIfTheyAreWrong() {
        application.run(context -> {
            PgPool pool = context.getBean(PgPool.class);

            change(context, "pgpool.databases.app.max-connections=-9");

            assertThat(maxConnections(pool)).isEqualTo(7);
            assertThat(pool.healthy()).isTrue();
        });
    }
}
