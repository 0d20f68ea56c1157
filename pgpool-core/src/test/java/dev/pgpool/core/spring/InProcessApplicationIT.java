package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.jdbc.InProcessDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application whose data source leads into its pooler without a socket. */
class InProcessApplicationIT {
    private final TestPostgres postgres = TestPostgres.shared(18);
    private String user;
    private ApplicationContextRunner application;

    @BeforeEach
    void applicationWithoutSocket() {
        user = postgres.createRole("scram-sha-256", "secret");
        application = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        PgPoolAutoConfiguration.class,
                        PgPoolDataSourceAutoConfiguration.class,
                        DataSourceAutoConfiguration.class))
                .withPropertyValues(
                        "pgpool.event-loops=1",
                        "pgpool.databases.app.host=127.0.0.1",
                        "pgpool.databases.app.port=" + postgres.port(),
                        "pgpool.datasource.in-process=true");
    }

    private ApplicationContextRunner withLogin() {
        return application.withPropertyValues("pgpool.credentials." + user + "=secret");
    }

    /** Who the client is, and that it came without a socket. */
    private void isInProcess(PgPool pool, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_user")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo(user);
        }
        assertThat(pool.clients())
                .extracting(client -> String.valueOf(client.remote()))
                .containsOnly("in-process");
    }

    @Test
    void onePropertyLeavesTheSocketOut() {
        withLogin().run(context -> {
            PgPool pool = context.getBean(PgPool.class);
            assertThat(context.getBean(DataSource.class)).isInstanceOf(InProcessDataSource.class);
            try (Connection connection = context.getBean(DataSource.class).getConnection()) {
                isInProcess(pool, connection);
            }
            assertThatThrownBy(pool::address).as("no port").isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void theLoginMayBeThatOfTheDatabase() {
        application
                .withPropertyValues("pgpool.databases.app.user=" + user, "pgpool.databases.app.password=secret")
                .run(context -> {
                    try (Connection connection =
                            context.getBean(DataSource.class).getConnection()) {
                        isInProcess(context.getBean(PgPool.class), connection);
                    }
                });
    }

    @Test
    void clientsOfOtherProcessesComeWhereTheyAreToldTo() {
        withLogin().withPropertyValues("pgpool.listen.port=0").run(context -> {
            assertThat(context.getBean(DataSource.class)).isInstanceOf(InProcessDataSource.class);
            assertThat(context.getBean(PgPool.class).address().getPort()).isPositive();
        });
    }

    @Test
    void theDetailsAreForWhatConnectsByItself() {
        withLogin().run(context -> {
            JdbcConnectionDetails details = context.getBean(JdbcConnectionDetails.class);
            try (Connection connection =
                    DriverManager.getConnection(details.getJdbcUrl(), details.getUsername(), details.getPassword())) {
                isInProcess(context.getBean(PgPool.class), connection);
            }
        });
    }

    @Test
    void aPoolOfTheApplicationMayBeInFront() {
        withLogin().withUserConfiguration(OwnPool.class).run(context -> {
            assertThat(context).hasSingleBean(DataSource.class);
            try (Connection connection = context.getBean(HikariDataSource.class).getConnection()) {
                isInProcess(context.getBean(PgPool.class), connection);
            }
        });
    }

    @Test
    void aUrlOfTheApplicationIsLeftAlone() {
        withLogin()
                .withPropertyValues("spring.datasource.url=jdbc:postgresql://127.0.0.1:" + postgres.port() + "/app")
                .run(context -> assertThat(context.getBean(DataSource.class)).isInstanceOf(HikariDataSource.class));
    }

    @Test
    void theDataSourceIsLeftAloneIfWanted() {
        withLogin()
                .withPropertyValues("pgpool.datasource.enabled=false")
                .run(context -> assertThat(context).getFailure().hasMessageContaining("suitable driver"));
    }

    /** An application that wants a pool of a kind of its own. */
    @Configuration(proxyBeanMethods = false)
    static class OwnPool {
        @Bean
        HikariDataSource own(JdbcConnectionDetails details) {
            HikariDataSource source = DataSourceBuilder.create()
                    .type(HikariDataSource.class)
                    .url(details.getJdbcUrl())
                    .username(details.getUsername())
                    .build();
            source.setMaximumPoolSize(1);
            return source;
        }
    }
}
