package dev.pgpool.stacks.micronaut;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.context.event.BeanPreDestroyEvent;
import io.micronaut.context.event.BeanPreDestroyEventListener;
import io.micronaut.core.order.Ordered;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Closes data sources before the pooler: what a bean's configuration was made of is not seen by Micronaut's order at the end. */
@Singleton
class DataSourcesEndFirst
        implements BeanCreatedEventListener<DataSource>, BeanPreDestroyEventListener<PgPool>, Ordered {
    private final List<HikariDataSource> sources = new CopyOnWriteArrayList<>();

    @Override
    public DataSource onCreated(BeanCreatedEvent<DataSource> event) {
        if (event.getBean() instanceof HikariDataSource source) {
            sources.add(source);
        }
        return event.getBean();
    }

    @Override
    public PgPool onPreDestroy(BeanPreDestroyEvent<PgPool> event) {
        sources.forEach(HikariDataSource::close);
        return event.getBean();
    }

    /** Before all that others do at the pooler's end. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }
}
