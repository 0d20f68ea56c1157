package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** pgjdbc in every way that it can be told to send a query. */
@OnEveryJavaRoute
class PgJdbcIT {

    private final Route route;

    PgJdbcIT(Route route) {
        this.route = route;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "preferQueryMode=simple",
                "preferQueryMode=extended&prepareThreshold=0",
                "preferQueryMode=extended&prepareThreshold=1",
                "preferQueryMode=extended&prepareThreshold=-1",
                "preferQueryMode=extended&prepareThreshold=1&preparedStatementCacheQueries=2",
                "preferQueryMode=extendedForPrepared&prepareThreshold=1",
                "preferQueryMode=extendedCacheEverything&prepareThreshold=1",
                "prepareThreshold=1&autosave=always",
                "prepareThreshold=1&autosave=conservative&cleanupSavepoints=true",
                "prepareThreshold=1&binaryTransfer=false",
                "prepareThreshold=5&readOnlyMode=always",
                "prepareThreshold=1&assumeMinServerVersion=9.4&ApplicationName=matrix&options=-c%20work_mem=5MB"
            })
    void thousandTransactions(String options) throws Exception {
        Ledger ledger = new Ledger(route.postgres());
        ExecutorService threads = Executors.newFixedThreadPool(Ledger.CLIENTS);
        try (Route.Way way = route.open(2)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < Ledger.CLIENTS; client++) {
                int me = client;
                clients.add(threads.submit(() -> {
                    try (Connection connection = Jdbc.connect(way, options)) {
                        new Work(connection, ledger, me).run();
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        ledger.assertComplete();
    }

    /** The part of one client. */
    private static final class Work {

        private final Connection connection;
        private final Ledger ledger;
        private final int me;

        Work(Connection connection, Ledger ledger, int me) {
            this.connection = connection;
            this.ledger = ledger;
            this.me = me;
        }

        void run() throws SQLException {
            try (PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO " + ledger.table() + " VALUES (?, ?, ?)");
                    PreparedStatement select = connection.prepareStatement(
                            "SELECT note FROM " + ledger.table() + " WHERE client = ? AND n = ?")) {
                for (int n = 0; n < Ledger.EACH; n++) {
                    transaction(insert, select, n);
                }
            }
        }

        private void transaction(PreparedStatement insert, PreparedStatement select, int n) throws SQLException {
            switch (n % 5) {
                case 0 -> {
                    insert(insert, n);
                    assertThat(note(select, n)).isEqualTo(Ledger.note(me, n));
                }
                case 1 -> {
                    connection.setAutoCommit(false);
                    insert(insert, n);
                    insert(insert, -n);
                    connection.commit();
                    connection.setAutoCommit(true);
                    assertThat(note(select, -n)).isEqualTo(Ledger.note(me, -n));
                }
                case 2 -> {
                    connection.setAutoCommit(false);
                    insert(insert, n);
                    assertThat(note(select, n)).isEqualTo(Ledger.note(me, n));
                    connection.rollback();
                    connection.setAutoCommit(true);
                    assertThat(note(select, n)).isNull();
                }
                case 3 -> {
                    connection.setAutoCommit(false);
                    insert(insert, n);
                    assertThatThrownBy(() -> insert(insert, n))
                            .isInstanceOfSatisfying(
                                    SQLException.class,
                                    e -> assertThat(e.getSQLState()).isEqualTo("23505"));
                    connection.rollback();
                    connection.setAutoCommit(true);
                    assertThat(note(select, n)).isNull();
                }
                default -> failAndGoOn(n);
            }
        }

        private void failAndGoOn(int n) throws SQLException {
            try (PreparedStatement division = connection.prepareStatement("SELECT " + n + " / ?");
                    Statement statement = connection.createStatement()) {
                division.setInt(1, 0);
                assertThatThrownBy(division::executeQuery)
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("22012"));
                division.setInt(1, 1);
                try (ResultSet rows = division.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getInt(1)).isEqualTo(n);
                }
                try (ResultSet rows = statement.executeQuery("SELECT " + n + ", '" + Ledger.note(me, n) + "'")) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString(2)).isEqualTo(Ledger.note(me, n));
                }
            }
        }

        private void insert(PreparedStatement insert, int n) throws SQLException {
            insert.setInt(1, me);
            insert.setInt(2, n);
            insert.setString(3, Ledger.note(me, n));
            assertThat(insert.executeUpdate()).isEqualTo(1);
        }

        private String note(PreparedStatement select, int n) throws SQLException {
            select.setInt(1, me);
            select.setInt(2, n);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
