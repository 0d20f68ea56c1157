package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.core.PgPool;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** An application that has the libraries on its class path, and asks for nothing of them, is as it was. */
class ClassPathIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Test
    void withoutPropertiesThereIsNothing() {
        TestDatabase database = TestDatabase.create();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .registerShutdownHook(false)
                .run(
                        // Not the properties of the bank
                        "--spring.config.name=plain",
                        "--spring.main.banner-mode=off",
                        "--spring.liquibase.enabled=false",
                        "--spring.autoconfigure.exclude=" + RunningBank.R2DBC,
                        "--spring.datasource.url=jdbc:postgresql://127.0.0.1:" + TestDatabase.port() + "/"
                                + database.name(),
                        "--spring.datasource.username=" + TestDatabase.USER,
                        "--spring.datasource.password=" + TestDatabase.PASSWORD)) {
            assertThat(context.getBean(JdbcTemplate.class).queryForObject("SELECT current_database()", String.class))
                    .isEqualTo(database.name());
            assertThat(context.getBeansOfType(PgPool.class)).isEmpty();
            assertThat(context.getBeansOfType(BackupEngine.class)).isEmpty();
            assertThat(context.getBeansOfType(CertWatch.class)).isEmpty();
        }
    }
}
