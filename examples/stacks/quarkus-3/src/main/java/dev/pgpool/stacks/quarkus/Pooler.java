package dev.pgpool.stacks.quarkus;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The pooler as a bean. {@link PoolerLogin} lets data sources begin after it. */
@Singleton
public class Pooler {
    /** Startup: clients of other processes come also where nothing in the application has asked for the bean. */
    @Produces
    @Singleton
    @Startup
    PgPool pool(
            @ConfigProperty(name = "pooler.port") int port,
            @ConfigProperty(name = "db.host") String host,
            @ConfigProperty(name = "db.port") int dbPort,
            @ConfigProperty(name = "db.password") String password) {
        return PgPool.builder()
                .listen("127.0.0.1", port)
                .credentials(CredentialStore.of(Map.of("app", password)))
                .database("app", db -> db.host(host).port(dbPort).maxConnections(20))
                .build()
                .start();
    }

    /** Singletons end after beans of the application's scope, and data sources are among those. */
    void end(@Disposes PgPool pool) {
        pool.drain(Duration.ofSeconds(10));
        pool.close();
    }
}
