package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.SessionState;
import dev.pgpool.examples.fixture.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Flyway and Liquibase through a pooler, without Spring. */
class MigrationIT {
    private static final int AT_ONCE = 5;

    /** How a data source reaches the pooler. */
    enum Way {
        BY_TCP {
            @Override
            DataSource to(PgPool pool) {
                return new DriverManagerDataSource(pool.jdbcUrl("bank"), TestDatabase.USER, TestDatabase.PASSWORD);
            }
        },
        IN_PROCESS {
            @Override
            DataSource to(PgPool pool) {
                return pool.dataSource("bank", TestDatabase.USER);
            }
        };

        abstract DataSource to(PgPool pool);
    }

    private final TestDatabase database = TestDatabase.create();
    private PgPool pool;

    private PgPool start(int servers) {
        // with enough of them a wait is for those that migrate, and a busy machine takes its time
        Duration patience = servers == 1 ? Duration.ofSeconds(3) : Duration.ofMinutes(1);
        pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of(TestDatabase.USER, TestDatabase.PASSWORD)))
                .database("bank", db -> db.host("127.0.0.1")
                        .port(TestDatabase.port())
                        .databaseName(database.name())
                        .waitTimeout(patience)
                        .maxConnections(servers))
                .build()
                .start();
        return pool;
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private static Flyway flyway(DataSource source, boolean transactionalLock) {
        return Flyway.configure()
                .dataSource(source)
                .defaultSchema("another")
                .configuration(Map.of("flyway.postgresql.transactional.lock", String.valueOf(transactionalLock)))
                .load();
    }

    /** Several begin at once, on a schema that is not there yet. */
    @ParameterizedTest
    @CsvSource({"BY_TCP, true", "BY_TCP, false", "IN_PROCESS, true", "IN_PROCESS, false"})
    void flywayLetsOneMigrate(Way way, boolean transactionalLock) throws Exception {
        DataSource source = way.to(start(2 * AT_ONCE));
        List<Integer> executed = atOnce(() -> flyway(source, transactionalLock).migrate().migrationsExecuted);
        assertThat(executed.stream().mapToInt(n -> n).sum()).isEqualTo(2);
    }

    /** The lock is a transaction of its own, while another connection migrates. */
    @ParameterizedTest
    @EnumSource
    void flywaysLockOfATransactionNeedsAServerOfItsOwn(Way way) {
        Flyway flyway = flyway(way.to(start(1)), true);
        assertThatThrownBy(flyway::migrate)
                .hasStackTraceContaining("no server within 3000 ms (servers 1 of 1")
                .hasStackTraceContaining("shorten transactions or raise maxConnections");
    }

    /** The lock pins the connection that migrates. */
    @ParameterizedTest
    @EnumSource
    void flywaysLockOfASessionNeedsNone(Way way) {
        Flyway flyway = flyway(way.to(start(1)), false);
        assertThat(flyway.migrate().migrationsExecuted).isEqualTo(2);
        assertThat(pool.snapshot().pools().get(0).pins()).containsKey(SessionState.ADVISORY_LOCK);
        assertThat(flyway.migrate().migrationsExecuted).isZero();
    }

    /** One after the other: Liquibase has state of its own in a JVM, which two threads at once get into disorder. */
    @ParameterizedTest
    @EnumSource
    void liquibaseMigratesOnce(Way way) throws Exception {
        DataSource source = way.to(start(1));
        for (int i = 0; i < 2; i++) {
            try (Connection connection = source.getConnection();
                    Liquibase liquibase = new Liquibase(
                            "db/changelog/db.changelog-master.yaml",
                            new ClassLoaderResourceAccessor(),
                            new JdbcConnection(connection))) {
                liquibase.update(new Contexts());
            }
        }
        assertThat(database.query("SELECT string_agg(id, ' ' ORDER BY orderexecuted) FROM databasechangelog"))
                .isEqualTo("word shedlock");
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).isEqualTo("f");
    }

    private static <T> List<T> atOnce(Callable<T> migration) throws Exception {
        ExecutorService migrators = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<T>> all = Stream.generate(() -> migrators.submit(migration))
                    .limit(AT_ONCE)
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> one : all) {
                results.add(one.get(2, TimeUnit.MINUTES));
            }
            return results;
        } finally {
            migrators.shutdownNow();
        }
    }
}
