package dev.pgpool.core.spring;

import dev.pgpool.core.metrics.PgPoolMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Binds the pooler's meters to the application's registry: the primary one if there are several, else to each. No {@code
 * MeterBinder}, which Boot binds only where its own metrics are.
 */
final class PoolerMeters implements SmartInitializingSingleton, DisposableBean {
    private final List<PgPoolMetrics> metrics;
    private final ObjectProvider<MeterRegistry> registries;

    PoolerMeters(List<PgPoolMetrics> metrics, ObjectProvider<MeterRegistry> registries) {
        this.metrics = List.copyOf(metrics);
        this.registries = registries;
    }

    @Override
    public void afterSingletonsInstantiated() {
        MeterRegistry one = registries.getIfUnique();
        if (one != null) {
            bindTo(one);
        } else {
            registries.forEach(this::bindTo);
        }
    }

    @Override
    public void destroy() {
        metrics.forEach(PgPoolMetrics::close);
    }

    private void bindTo(MeterRegistry registry) {
        metrics.forEach(each -> each.bindTo(registry));
    }
}
