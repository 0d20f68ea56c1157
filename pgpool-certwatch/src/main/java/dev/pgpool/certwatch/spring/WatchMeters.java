package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** Binds the watch's meters to the application's registry: the primary one if there are several, else to each. */
final class WatchMeters implements SmartInitializingSingleton, DisposableBean {
    private final CertWatch watch;
    private final ObjectProvider<MeterRegistry> registries;
    private final List<CertWatchMetrics> bound = new ArrayList<>();

    WatchMeters(CertWatch watch, ObjectProvider<MeterRegistry> registries) {
        this.watch = watch;
        this.registries = registries;
    }

    @Override
    public void afterSingletonsInstantiated() {
        MeterRegistry one = registries.getIfUnique();
        if (one != null) {
            bound.add(CertWatchMetrics.bind(watch, one));
        } else {
            registries.forEach(registry -> bound.add(CertWatchMetrics.bind(watch, registry)));
        }
    }

    @Override
    public void destroy() {
        bound.forEach(CertWatchMetrics::close);
    }
}
