package dev.pgpool.backup.spring;

import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.metrics.BackupMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;

/** The engine's meters in the application's registry: the primary one if there are several, else in each. */
final class EngineMeters implements EngineListeners, DisposableBean {
    private final List<BackupMetrics> metrics = new ArrayList<>();

    EngineMeters(ObjectProvider<MeterRegistry> registries) {
        MeterRegistry one = registries.getIfUnique();
        if (one != null) {
            metrics.add(new BackupMetrics(one));
        } else {
            registries.forEach(registry -> metrics.add(new BackupMetrics(registry)));
        }
    }

    @Override
    public List<BackupListener> listeners() {
        return List.copyOf(metrics);
    }

    @Override
    public void destroy() {
        metrics.forEach(BackupMetrics::close);
    }
}
