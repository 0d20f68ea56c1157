package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.GenericApplicationListener;
import org.springframework.core.ResolvableType;

/**
 * Gives the pooler what the environment says now when Spring Cloud tells that it has changed. Known by the name of the event's
 * class only: there is no dependency on Spring Cloud.
 */
final class ReloadOnRefresh implements GenericApplicationListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReloadOnRefresh.class);
    private static final String CHANGED = "org.springframework.cloud.context.environment.EnvironmentChangeEvent";

    private final ObjectProvider<PgPool> pool;
    private final ObjectProvider<PoolerFactory> factory;

    /** Of providers: listeners are made early, and the pooler's turn may not have come then. */
    ReloadOnRefresh(ObjectProvider<PgPool> pool, ObjectProvider<PoolerFactory> factory) {
        this.pool = pool;
        this.factory = factory;
    }

    @Override
    public boolean supportsEventType(ResolvableType eventType) {
        return supports(eventType.toClass());
    }

    /** By class, so that a test needs no Spring Cloud either. */
    static boolean supports(Class<?> event) {
        for (Class<?> type = event; type != null; type = type.getSuperclass()) {
            if (type.getName().equals(CHANGED)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        reload();
    }

    /** Takes over what properties, beans and SSL bundles say now; what is wrong is logged. */
    void reload() {
        try {
            pool.getObject().reload(factory.getObject().config());
        } catch (RuntimeException e) {
            LOGGER.warn("pooler goes on with what it has, the changed properties are refused: {}", e.getMessage(), e);
        }
    }
}
