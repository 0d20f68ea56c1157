package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatch;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What the application sees of its certificates: meters where Micrometer is, and health where Boot's health is. */
@AutoConfiguration(after = CertWatchAutoConfiguration.class)
@ConditionalOnBean(CertWatch.class)
public final class CertWatchObservationAutoConfiguration {

    /** Meters. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBooleanProperty(name = "pgpool.certwatch.meters", matchIfMissing = true)
    static class Meters {
        @Bean
        WatchMeters pgPoolCertWatchMeters(CertWatch watch, ObjectProvider<MeterRegistry> registries) {
            return new WatchMeters(watch, registries);
        }
    }

    /** Health, under the name {@code pgpoolCertwatch}. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class Checks {
        @Bean
        @ConditionalOnEnabledHealthIndicator("pgpoolCertwatch")
        @ConditionalOnMissingBean(name = "pgpoolCertwatchHealthIndicator")
        HealthIndicator pgpoolCertwatchHealthIndicator(CertWatch watch, Environment environment) {
            return new CertificateHealthIndicator(
                    watch, WatchProperties.read(environment).downFrom());
        }
    }
}
