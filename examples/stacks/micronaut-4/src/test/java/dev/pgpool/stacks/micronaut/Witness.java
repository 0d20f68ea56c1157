package dev.pgpool.stacks.micronaut;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import io.micronaut.context.event.BeanPreDestroyEvent;
import io.micronaut.context.event.BeanPreDestroyEventListener;
import io.micronaut.core.order.Ordered;
import jakarta.inject.Singleton;

/** Sees in what order things end. */
@Singleton
class Witness implements BeanPreDestroyEventListener<PgPool>, Ordered {
    private HikariDataSource dataSource;
    private String atTheEnd = "never seen";

    void sees(HikariDataSource source) {
        dataSource = source;
    }

    String atTheEnd() {
        return atTheEnd;
    }

    @Override
    public PgPool onPreDestroy(BeanPreDestroyEvent<PgPool> event) {
        PgPool pool = event.getBean();
        atTheEnd = "data source " + (dataSource.isClosed() ? "closed" : "open") + ", pooler "
                + (pool.healthy() ? "serves" : "does not serve");
        return pool;
    }

    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }
}
