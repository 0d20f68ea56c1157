package dev.pgpool.examples.bank;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.stats.PgPoolSnapshot;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.jdbc.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What Boot 4 needs no code for: leads the data source to the pooler, and tells the health of it. The pooler itself is
 * made of the properties here as well.
 */
@Configuration(proxyBeanMethods = false)
class PoolerConfiguration {

    @Bean
    JdbcConnectionDetails pooledJdbcConnection(PgPool pool, @Value("${pgpool.credentials.bank}") String password) {
        return new JdbcConnectionDetails() {
            @Override
            public String getJdbcUrl() {
                return pool.jdbcUrl("bank");
            }

            @Override
            public String getUsername() {
                return "bank";
            }

            @Override
            public String getPassword() {
                return password;
            }
        };
    }

    @Bean
    HealthIndicator pgpoolHealthIndicator(PgPool pool) {
        return () -> {
            PgPoolSnapshot snapshot = pool.snapshot();
            return (pool.healthy() ? Health.up() : Health.down())
                    .withDetail("pooler", snapshot.status())
                    .withDetail("clients", snapshot.clients())
                    .build();
        };
    }
}
