package dev.pgpool.stacks.micronaut;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import java.util.Map;

/** The pooler as a bean. {@link DataSourceThroughPooler} lets data sources begin after it, {@link DataSourcesEndFirst} end before it. */
@Factory
class Pooler {

    /** Context: clients of other processes come also where nothing in the application has asked for the bean. */
    @Context
    @Bean(preDestroy = "close")
    PgPool pool(
            @Value("${pooler.port}") int port,
            @Value("${db.host}") String host,
            @Value("${db.port}") int dbPort,
            @Value("${db.password}") String password) {
        return PgPool.builder()
                .listen("127.0.0.1", port)
                .credentials(CredentialStore.of(Map.of("app", password)))
                .database("app", db -> db.host(host).port(dbPort).maxConnections(20))
                .build()
                .start();
    }
}
