package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.event.PgPoolListener;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;

/**
 * Makes and starts a {@link PgPool} of the properties {@code pgpool.*}: each setting of the builder by its own name, in kebab
 * case. Takes the application's beans of {@link PgPoolListener}, {@link CredentialStore} and {@link PgPoolCustomizer} into account.
 *
 * <p>The pooler listens when the bean is there, so that a data source that depends on it finds it, and ends after all that depends
 * on it.
 */
@AutoConfiguration(
        beforeName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "pgpool.enabled", matchIfMissing = true)
@Conditional(OnPooler.class)
@ConditionalOnMissingBean(PgPool.class)
public final class PgPoolAutoConfiguration {

    /** Clients of other processes come also where nothing in the application asks for the bean. */
    @Bean
    static LazyInitializationExcludeFilter pgPoolIsNotLazy() {
        return LazyInitializationExcludeFilter.forBeanTypes(PgPool.class);
    }

    @Bean
    PoolerShutdown pgPoolShutdown() {
        return new PoolerShutdown();
    }

    @Bean
    Reachability pgPoolReachability() {
        return new Reachability();
    }

    @Bean
    PoolerFactory pgPoolFactory(
            Environment environment,
            ObjectProvider<PgPoolCustomizer> customizers,
            ObjectProvider<CredentialStore> stores,
            ObjectProvider<SslBundles> bundles,
            ObjectProvider<ReloadOnRefresh> reload) {
        return new PoolerFactory(
                environment,
                customizers.orderedStream().toList(),
                stores.orderedStream().toList(),
                new BootBundles(bundles::getIfAvailable, () -> reload.ifAvailable(ReloadOnRefresh::reload)));
    }

    @Bean(destroyMethod = "")
    PgPool pgPool(
            PoolerFactory factory,
            ObjectProvider<PgPoolListener> listeners,
            Reachability reachability,
            PoolerShutdown shutdown) {
        PoolerProperties properties = factory.properties();
        List<PgPoolListener> all = new ArrayList<>(listeners.orderedStream().toList());
        all.add(reachability.listener());
        PgPool pool = factory.create(properties, new Listeners(all)).start();
        shutdown.owns(pool, properties.host().drainsFor());
        return pool;
    }

    @Bean
    ReloadOnRefresh pgPoolReloadOnRefresh(ObjectProvider<PgPool> pool, ObjectProvider<PoolerFactory> factory) {
        return new ReloadOnRefresh(pool, factory);
    }
}
