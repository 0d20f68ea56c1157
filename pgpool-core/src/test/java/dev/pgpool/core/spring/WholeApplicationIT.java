package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.TestPostgres;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** An application as Boot starts it, which finds the auto-configurations by itself. */
class WholeApplicationIT {

    /** Has no code. R2DBC is on the class path of these tests, and Boot makes no data source where it makes a connection factory. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = R2dbcAutoConfiguration.class)
    static class Application {}

    @Test
    void needsNoCode() {
        TestPostgres postgres = TestPostgres.shared(18);
        String user = postgres.createRole("scram-sha-256", "secret");
        // Boot would set the logging of these tests up anew
        String logging = System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .registerShutdownHook(false)
                .run(
                        "--spring.main.banner-mode=off",
                        "--spring.main.lazy-initialization=true",
                        "--pgpool.listen.port=0",
                        "--pgpool.databases.app.host=127.0.0.1",
                        "--pgpool.databases.app.port=" + postgres.port(),
                        "--pgpool.credentials." + user + "=secret")) {
            assertThat(context.getBeanFactory().containsSingleton("pgPool"))
                    .as("begun although all that can be is lazy")
                    .isTrue();
            assertThat(context.getBean(JdbcTemplate.class).queryForObject("SELECT current_user", String.class))
                    .isEqualTo(user);
            assertThat(context.getBean(PgPool.class).snapshot().pools()).hasSize(1);
        } finally {
            if (logging == null) {
                System.clearProperty("org.springframework.boot.logging.LoggingSystem");
            }
        }
    }
}
