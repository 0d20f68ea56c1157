package dev.pgpool.examples.probe;

import dev.pgpool.core.PgPool;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.r2dbc.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Leads the connection factory to the pooler, which Boot 4 needs no code for. */
@Configuration(proxyBeanMethods = false)
class ReactivePoolerConfiguration {

    @Bean
    R2dbcConnectionDetails pooledR2dbcConnection(PgPool pool, @Value("${pgpool.credentials.bank}") String password) {
        return () -> ConnectionFactoryOptions.builder()
                .option(ConnectionFactoryOptions.DRIVER, "postgresql")
                .option(ConnectionFactoryOptions.HOST, "127.0.0.1")
                .option(ConnectionFactoryOptions.PORT, pool.address().getPort())
                .option(ConnectionFactoryOptions.DATABASE, "bank")
                .option(ConnectionFactoryOptions.USER, "bank")
                .option(ConnectionFactoryOptions.PASSWORD, password)
                .build();
    }
}
