package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import io.r2dbc.spi.ConnectionFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/** Leads the application's connection factory to its pooler, unless a URL says where else. */
@AutoConfiguration(
        after = PgPoolAutoConfiguration.class,
        beforeName = "org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration")
@ConditionalOnSingleCandidate(PgPool.class)
@ConditionalOnClass({R2dbcConnectionDetails.class, ConnectionFactory.class})
public final class PgPoolR2dbcAutoConfiguration {

    @Bean
    @Lazy
    @ConditionalOnMissingBean(R2dbcConnectionDetails.class)
    @ConditionalOnBooleanProperty(name = "pgpool.datasource.enabled", matchIfMissing = true)
    @Conditional(NoUrl.class)
    R2dbcConnectionDetails pgPoolR2dbcConnectionDetails(PgPool pool, Environment environment) {
        return new PooledR2dbcConnection(pool, PgPoolDataSourceAutoConfiguration.login(pool, environment));
    }

    /** Whether no URL says where the connection factory leads. */
    static final class NoUrl extends NoneNestedConditions {
        NoUrl() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        /** A URL says it. */
        @ConditionalOnProperty("spring.r2dbc.url")
        static final class Url {}
    }
}
