package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.metrics.PgPoolMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What the application sees of its pooler: meters where Micrometer is, and health where Boot's health is. */
@AutoConfiguration(after = PgPoolAutoConfiguration.class)
@ConditionalOnBean(PgPool.class)
public final class PgPoolObservationAutoConfiguration {

    /** Meters. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBooleanProperty(name = "pgpool.meters", matchIfMissing = true)
    static class Meters {
        @Bean
        PoolerMeters pgPoolMeters(
                Map<String, PgPool> pools, Environment environment, ObjectProvider<MeterRegistry> registries) {
            // not all properties: of a pooler of the application's own there may be none that can be read
            String prefix = environment.getProperty("pgpool.meter-prefix", "pgpool");
            boolean histograms = environment.getProperty("pgpool.meter-histograms", Boolean.class, false);
            List<PgPoolMetrics> metrics = new ArrayList<>();
            // several poolers are told apart by the names of the beans
            pools.forEach((name, pool) -> metrics.add(PgPoolMetrics.builder(pool)
                    .prefix(prefix)
                    .histograms(histograms)
                    .tags(pools.size() == 1 ? Tags.empty() : Tags.of("pooler", name))
                    .build()));
            return new PoolerMeters(metrics, registries);
        }
    }

    /** Health, under the name {@code pgpool}; of several poolers below it, by the names of the beans. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class Checks {
        @Bean
        @ConditionalOnEnabledHealthIndicator("pgpool")
        @ConditionalOnMissingBean(name = "pgpoolHealthIndicator")
        HealthContributor pgpoolHealthIndicator(Map<String, PgPool> pools, ObjectProvider<Reachability> reachability) {
            Reachability known = reachability.getIfAvailable(Reachability::new);
            return pools.size() == 1
                    ? new PoolerHealthIndicator(pools.values().iterator().next(), known)
                    : CompositeHealthContributor.fromMap(pools, pool -> new PoolerHealthIndicator(pool, known));
        }
    }
}
