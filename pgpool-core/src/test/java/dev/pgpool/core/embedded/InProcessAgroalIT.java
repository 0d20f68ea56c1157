package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.stats.PgPoolSnapshot;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.pool.DataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Agroal makes its connections by the URL, and is told of what becomes of them as by TCP. */
@OnEveryPostgres
class InProcessAgroalIT {
    private static final String MINE = "SELECT current_user || '/' || pg_backend_pid()";

    private final TestPostgres postgres;

    InProcessAgroalIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private PgPool start() {
        return PgPool.builder()
                .eventLoops(2)
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(2))
                .build()
                .start();
    }

    private static DataSource agroal(PgPool pool, int size) {
        String url = pool.socketFactory().jdbcUrl(TestPostgres.DATABASE);
        return new DataSource(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(connections -> connections
                        .maxSize(size)
                        .acquisitionTimeout(Duration.ofSeconds(60))
                        .connectionValidator(ConnectionValidator.defaultValidator())
                        .validateOnBorrow(true)
                        .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url)
                                .principal(new NamePrincipal(TestPostgres.USER))
                                .jdbcProperty("socketTimeout", "60")))
                .get());
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    @Test
    void tenConnectionsShareTwoServers() throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try (PgPool pool = start();
                DataSource front = agroal(pool, 10)) {
            List<Callable<String>> work = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                work.add(() -> {
                    try (Connection connection = front.getConnection()) {
                        return first(connection, MINE);
                    }
                });
            }
            List<String> servers = new ArrayList<>();
            for (Future<String> answer : threads.invokeAll(work)) {
                servers.add(answer.get());
            }
            assertThat(servers).hasSize(200).allMatch(server -> server.startsWith(TestPostgres.USER + "/"));
            assertThat(servers.stream().distinct()).hasSizeLessThanOrEqualTo(2);
            assertThat(pool.clients())
                    .hasSizeBetween(1, 10)
                    .allMatch(client -> "in-process".equals(String.valueOf(client.remote())));
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aConnectionThatIsGivenBackInATransactionHoldsNoServer() throws SQLException {
        try (PgPool pool = start();
                DataSource front = agroal(pool, 1)) {
            try (Connection connection = front.getConnection()) {
                connection.setAutoCommit(false);
                assertThat(first(connection, "SELECT 'open'")).isEqualTo("open");
                PgPoolSnapshot.Pool servers = pool.snapshot().pools().get(0);
                assertThat(servers.serversIdle()).isLessThan(servers.servers());
            }
            try (Connection connection = front.getConnection()) {
                assertThat(connection.getAutoCommit()).isTrue();
                PgPoolSnapshot.Pool servers = pool.snapshot().pools().get(0);
                assertThat(servers.serversIdle()).isEqualTo(servers.servers());
            }
        }
    }

    @Test
    void whatIsKilledIsReplaced() throws SQLException {
        try (PgPool pool = start();
                DataSource front = agroal(pool, 1)) {
            try (Connection connection = front.getConnection()) {
                assertThat(first(connection, "SELECT 1")).isEqualTo("1");
            }
            pool.kill(TestPostgres.DATABASE);
            pool.resume(TestPostgres.DATABASE);
            try (Connection connection = front.getConnection()) {
                assertThat(first(connection, "SELECT 2")).isEqualTo("2");
            }
        }
    }

    @Test
    void aPoolerThatIsClosedIsSaid() {
        PgPool pool = start();
        try (DataSource front = agroal(pool, 1)) {
            pool.close();
            assertThatThrownBy(front::getConnection)
                    .isInstanceOf(SQLException.class)
                    .rootCause()
                    .hasMessage("the pooler is not running");
        }
    }
}
