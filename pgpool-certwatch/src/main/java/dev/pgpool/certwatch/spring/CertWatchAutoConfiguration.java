package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.target.CertTarget;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;

/**
 * Makes a {@link CertWatch} of the properties {@code pgpool.certwatch.*}, and starts it when the application is up. Takes the
 * application's beans of {@link CertTarget}, {@link CertWatchListener} and {@link CertWatchCustomizer} into account.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "pgpool.certwatch.enabled", matchIfMissing = true)
@Conditional(OnWatch.class)
@ConditionalOnMissingBean(CertWatch.class)
public final class CertWatchAutoConfiguration {

    @Bean
    CertWatch pgPoolCertWatch(
            Environment environment,
            ObjectProvider<CertTarget> targets,
            ObjectProvider<CertWatchListener> listeners,
            ObjectProvider<CertWatchCustomizer> customizers) {
        CertWatchBuilder builder = CertWatch.builder();
        WatchProperties.read(environment).applyTo(builder);
        targets.orderedStream().forEach(builder::target);
        listeners.orderedStream().forEach(builder::listener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    WatchLifecycle pgPoolCertWatchLifecycle(CertWatch watch) {
        return new WatchLifecycle(watch);
    }
}
