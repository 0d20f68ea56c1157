package dev.pgpool.examples.probe;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.examples.fixture.TestDatabase;
import javax.sql.DataSource;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A second data source: the entry {@code reports} of the same pooler. */
@Configuration(proxyBeanMethods = false)
public class ReportsDataSource {

    @Bean(defaultCandidate = false)
    DataSource reports(PgPool pool) {
        return DataSourceBuilder.create()
                .type(HikariDataSource.class)
                .url(pool.jdbcUrl("reports"))
                .username(TestDatabase.USER)
                .password(TestDatabase.PASSWORD)
                .build();
    }
}
