package dev.pgpool.stacks.quarkus;

import dev.pgpool.core.PgPool;
import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.ClientProxy;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Destroyed;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/** Sees in what order things end. */
@Singleton
public class Witness {
    private final PgPool pool;
    private final AgroalDataSource proxy;
    private AgroalDataSource dataSource;

    Witness(PgPool pool, AgroalDataSource proxy) {
        this.pool = pool;
        this.proxy = proxy;
    }

    void begin(@Observes StartupEvent event) {
        dataSource = ClientProxy.unwrap(proxy);
    }

    /** Between the last bean of the application's scope and the first singleton. */
    void end(@Observes @Destroyed(ApplicationScoped.class) Object event) {
        System.out.println("at the end: data source " + (isOpen() ? "open" : "closed") + ", pooler "
                + (pool.healthy() ? "serves" : "does not serve"));
    }

    private boolean isOpen() {
        try (Connection connection = dataSource.getConnection()) {
            return true;
        } catch (SQLException e) {
            return false;
        }
    }
}
