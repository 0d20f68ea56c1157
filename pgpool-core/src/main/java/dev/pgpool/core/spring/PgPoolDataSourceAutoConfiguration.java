package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.jdbc.InProcessDataSource;
import io.r2dbc.spi.ConnectionFactory;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AbstractDependsOnBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * Leads the application's data source to its pooler, unless a URL says where else. Every data source of the application, also one
 * of R2DBC, begins after the pooler and ends before it.
 */
@AutoConfiguration(
        after = PgPoolAutoConfiguration.class,
        afterName = "org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration",
        beforeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
@ConditionalOnBean(PgPool.class)
public final class PgPoolDataSourceAutoConfiguration {

    static ApplicationLogin login(PgPool pool, Environment environment) {
        return new ApplicationLogin(PoolerProperties.read(environment).host(), pool.config(), environment);
    }

    /** By JDBC. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JdbcConnectionDetails.class)
    static class Jdbc {
        /**
         * Lazy: an application may have data sources of its own only, and need no login here. Beside a connection factory Boot
         * makes no data source, and Flyway, which asks for these details, would miss it.
         */
        @Bean
        @Lazy
        @ConditionalOnSingleCandidate(PgPool.class)
        @ConditionalOnMissingBean(value = JdbcConnectionDetails.class, type = "io.r2dbc.spi.ConnectionFactory")
        @ConditionalOnBooleanProperty(name = "pgpool.datasource.enabled", matchIfMissing = true)
        @Conditional(NoJdbcUrl.class)
        JdbcConnectionDetails pgPoolJdbcConnectionDetails(PgPool pool, Environment environment) {
            return isInProcess(environment)
                    ? PooledJdbcConnection.inProcess(pool, login(pool, environment))
                    : PooledJdbcConnection.byTcp(pool, login(pool, environment));
        }
    }

    private static boolean isInProcess(Environment environment) {
        return PoolerProperties.read(environment).host().ofDataSource().isInProcess();
    }

    /** By JDBC without a socket: instead of Boot's data source, which would be a pool in front of the pooler. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.postgresql.Driver")
    @ConditionalOnBooleanProperty(name = "pgpool.datasource.in-process")
    static class InProcess {
        @Bean
        @ConditionalOnSingleCandidate(PgPool.class)
        @ConditionalOnMissingBean(DataSource.class)
        @ConditionalOnBooleanProperty(name = "pgpool.datasource.enabled", matchIfMissing = true)
        @Conditional(NoJdbcUrl.class)
        InProcessDataSource pgPoolDataSource(PgPool pool, Environment environment) {
            ApplicationLogin login = login(pool, environment);
            return login.user()
                    .map(user -> pool.dataSource(login.database(), user))
                    .orElseGet(() -> pool.dataSource(login.database()));
        }
    }

    /** Whether no URL says where the data source leads. */
    static final class NoJdbcUrl extends NoneNestedConditions {
        NoJdbcUrl() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        /** A URL says it. */
        @ConditionalOnProperty("spring.datasource.url")
        static final class Url {}
    }

    /** The order of data sources and pooler. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBooleanProperty(name = "pgpool.datasource.ordered", matchIfMissing = true)
    static class Order {
        @Bean
        static DataSourcesAfterPooler pgPoolDataSourcesAfterPooler() {
            return new DataSourcesAfterPooler();
        }

        @Bean
        @ConditionalOnClass(ConnectionFactory.class)
        static ConnectionFactoriesAfterPooler pgPoolConnectionFactoriesAfterPooler() {
            return new ConnectionFactoriesAfterPooler();
        }
    }

    /** Lets data sources depend on the pooler. */
    static final class DataSourcesAfterPooler extends AbstractDependsOnBeanFactoryPostProcessor {
        DataSourcesAfterPooler() {
            super(DataSource.class, PgPool.class);
        }
    }

    /** Lets connection factories depend on the pooler. */
    static final class ConnectionFactoriesAfterPooler extends AbstractDependsOnBeanFactoryPostProcessor {
        ConnectionFactoriesAfterPooler() {
            super(ConnectionFactory.class, PgPool.class);
        }
    }
}
