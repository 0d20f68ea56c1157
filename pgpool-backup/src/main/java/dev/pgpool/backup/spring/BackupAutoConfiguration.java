package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.event.RunHook;
import dev.pgpool.backup.store.ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Makes a {@link BackupEngine} of the properties {@code pgpool.backup.*}, and starts its schedule when the application is up. Takes the
 * application's beans of {@link BackupListener}, {@link RunHook}, {@link BackupKeys}, {@link ObjectStore} and {@link
 * BackupEngineCustomizer} into account.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "pgpool.backup.enabled", matchIfMissing = true)
@Conditional(OnEngine.class)
@ConditionalOnMissingBean(BackupEngine.class)
public final class BackupAutoConfiguration {

    @Bean
    LastBackup pgPoolLastBackup() {
        return new LastBackup();
    }

    @Bean
    BackupEngine pgPoolBackupEngine(
            Environment environment,
            ObjectProvider<EngineListeners> ours,
            ObjectProvider<BackupListener> listeners,
            ObjectProvider<RunHook> hook,
            ObjectProvider<BackupKeys> keys,
            ObjectProvider<ObjectStore> store,
            ObjectProvider<BackupEngineCustomizer> customizers) {
        BackupEngineBuilder builder = BackupEngine.builder();
        HostSettings host = EngineProperties.read(environment).applyTo(builder);
        if (!host.hasStore()) {
            store.ifUnique(builder::store);
        }
        hook.ifUnique(builder::hook);
        keys.ifUnique(builder::encryption);
        ours.orderedStream().flatMap(of -> of.listeners().stream()).forEach(builder::listener);
        listeners.orderedStream().forEach(builder::listener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    EngineLifecycle pgPoolBackupLifecycle(BackupEngine engine) {
        return new EngineLifecycle(engine);
    }

    /** Meters: they have to hear what the engine says first. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBooleanProperty(name = "pgpool.backup.meters", matchIfMissing = true)
    static class Meters {
        @Bean
        EngineMeters pgPoolBackupMeters(ObjectProvider<MeterRegistry> registries) {
            return new EngineMeters(registries);
        }
    }
}
