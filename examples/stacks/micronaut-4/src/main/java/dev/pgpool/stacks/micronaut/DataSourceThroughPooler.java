package dev.pgpool.stacks.micronaut;

import dev.pgpool.core.PgPool;
import io.micronaut.configuration.jdbc.hikari.DatasourceConfiguration;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.event.BeanInitializedEventListener;
import io.micronaut.context.event.BeanInitializingEvent;
import jakarta.inject.Singleton;

/** Leads data sources to the pooler, which is injected here and so listens before the first of them is made. */
@Singleton
class DataSourceThroughPooler implements BeanInitializedEventListener<DatasourceConfiguration> {
    private final PgPool pool;
    private final String password;

    DataSourceThroughPooler(PgPool pool, @Value("${db.password}") String password) {
        this.pool = pool;
        this.password = password;
    }

    @Override
    public DatasourceConfiguration onInitialized(BeanInitializingEvent<DatasourceConfiguration> event) {
        DatasourceConfiguration source = event.getBean();
        source.setUrl(pool.jdbcUrl("app"));
        source.setUsername("app");
        source.setPassword(password);
        return source;
    }
}
