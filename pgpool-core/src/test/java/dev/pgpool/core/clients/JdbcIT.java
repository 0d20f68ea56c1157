package dev.pgpool.core.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** The driver that nearly every user of this library has, with the features that poolers have broken. */
@OnEveryJavaRoute
class JdbcIT {

    private final Route route;
    private final String table = TestPostgres.uniqueName("jdbc");

    JdbcIT(Route route) {
        this.route = route;
    }

    @BeforeEach
    void createTable() {
        route.postgres()
                .execute(
                        "CREATE TABLE " + table + " (id int PRIMARY KEY, name text, data bytea)",
                        "GRANT ALL ON " + table + " TO PUBLIC");
    }

    @Test
    void preparedStatementsOfManyThreadsOnFewServers() throws Exception {
        try (Route.Way way = route.open(3)) {
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                List<Future<Integer>> sums = new ArrayList<>();
                for (int t = 0; t < 8; t++) {
                    int me = t;
                    sums.add(threads.submit(() -> countRight(way, me)));
                }
                for (Future<Integer> sum : sums) {
                    assertThat(sum.get(60, TimeUnit.SECONDS)).isEqualTo(300);
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static int countRight(Route.Way way, int me) throws SQLException {
        int right = 0;
        try (Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                PreparedStatement echo = connection.prepareStatement("SELECT ?::int + 0");
                PreparedStatement own = connection.prepareStatement("SELECT ? || ' of " + me % 3 + "'")) {
            for (int i = 0; i < 150; i++) {
                echo.setInt(1, me * 1000 + i);
                own.setString(1, "row " + i);
                right += first(echo).equals(String.valueOf(me * 1000 + i)) ? 1 : 0;
                right += first(own).equals("row " + i + " of " + me % 3) ? 1 : 0;
            }
        }
        return right;
    }

    @ParameterizedTest
    @ValueSource(strings = {"reWriteBatchedInserts=false", "reWriteBatchedInserts=true", "preferQueryMode=simple"})
    void batchesOfInserts(String option) throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1&" + option);
                PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO " + table + " (id, name, data) VALUES (?, ?, ?)")) {
            for (int i = 0; i < 1_000; i++) {
                insert.setInt(1, i);
                insert.setString(2, "name " + i);
                insert.setBytes(3, new byte[] {0, (byte) i, '\\'});
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).hasSize(1_000);
            try (Statement statement = connection.createStatement()) {
                assertThat(first(
                                statement,
                                "SELECT count(*) FROM " + table + " WHERE data = decode('00', 'hex')"
                                        + " || set_byte('\\x00', 0, id % 256) || '\\x5c'"))
                        .isEqualTo("1000");
            }
        }
    }

    @Test
    void failingBatchLeavesTheConnectionUsable() throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (id) VALUES (?)")) {
            for (int i = 0; i < 500; i++) {
                insert.setInt(1, i % 400);
                insert.addBatch();
            }
            assertThatThrownBy(insert::executeBatch)
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(table);
            insert.setInt(1, 1_000);
            assertThat(insert.executeUpdate()).isEqualTo(1);
        }
    }

    @Test
    void copyManagerInBothDirections() throws Exception {
        try (Route.Way way = route.open(1);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                Connection other = Jdbc.connect(way, "prepareThreshold=1")) {
            StringBuilder rows = new StringBuilder();
            for (int i = 0; i < 10_000; i++) {
                rows.append(i).append("\tname ").append(i).append("\t\\N\n");
            }
            byte[] data = rows.toString().getBytes(StandardCharsets.UTF_8);
            PGConnection copying = connection.unwrap(PGConnection.class);
            assertThat(copying.getCopyAPI().copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(data)))
                    .isEqualTo(10_000);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertThat(copying.getCopyAPI().copyOut("COPY (TABLE " + table + " ORDER BY id) TO STDOUT", out))
                    .isEqualTo(10_000);
            assertThat(out.toByteArray()).isEqualTo(data);
            assertThatThrownBy(() -> copying.getCopyAPI()
                            .copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(data)))
                    .hasMessageContaining("duplicate key");
            try (Statement statement = other.createStatement()) {
                assertThat(first(statement, "SELECT count(*) FROM " + table)).isEqualTo("10000");
            }
        }
    }

    @Test
    void largeObjectsByTheFastPath() throws SQLException {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        try (Route.Way way = route.open(1);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1")) {
            connection.setAutoCommit(false);
            LargeObjectManager objects = connection.unwrap(PGConnection.class).getLargeObjectAPI();
            long id = objects.createLO();
            try (LargeObject object = objects.open(id, LargeObjectManager.WRITE)) {
                object.write(content);
            }
            connection.commit();
            try (LargeObject object = objects.open(id, LargeObjectManager.READ)) {
                assertThat(object.read(content.length)).isEqualTo(content);
            }
            objects.delete(id);
            connection.commit();
        }
    }

    @Test
    void metaDataOfDatabaseAndStatements() throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                Connection holder = Jdbc.connect(way, "prepareThreshold=1");
                PreparedStatement select =
                        connection.prepareStatement("SELECT id, name FROM " + table + " WHERE id = ?")) {
            assertThat(select.getMetaData().getColumnCount()).isEqualTo(2);
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                first(statement, "SELECT 1");
                // now on the other server
                assertThat(select.getParameterMetaData().getParameterTypeName(1))
                        .isEqualTo("int4");
                assertThat(select.getMetaData().getColumnName(2)).isEqualTo("name");
                select.setInt(1, 1);
                try (ResultSet rows = select.executeQuery()) {
                    assertThat(rows.next()).isFalse();
                }
                try (ResultSet columns = connection.getMetaData().getColumns(null, "public", table, "%")) {
                    List<String> names = new ArrayList<>();
                    while (columns.next()) {
                        names.add(columns.getString("COLUMN_NAME"));
                    }
                    assertThat(names).containsExactly("id", "name", "data");
                }
                assertThat(connection.getMetaData().getDatabaseMajorVersion())
                        .isEqualTo(route.postgres().version());
            }
        }
    }

    @Test
    void cancelFromAnotherThread() throws Exception {
        String slept = "SELECT '" + table + "', pg_sleep(60)";
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                Statement statement = connection.createStatement()) {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Future<Boolean> result = thread.submit(() -> statement.execute(slept));
                route.postgres().awaitQuery(slept);
                statement.cancel();
                assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS))
                        .hasRootCauseInstanceOf(SQLException.class)
                        .hasMessageContaining("canceling statement due to user request");
            } finally {
                thread.shutdownNow();
            }
            assertThat(first(statement, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void queryTimeoutOfTheDriver() throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
            assertThat(first(statement, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"never", "always", "conservative"})
    void errorsInTransactionsWithEveryAutosave(String autosave) throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1&autosave=" + autosave);
                PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (id) VALUES (?)")) {
            connection.setAutoCommit(false);
            insert.setInt(1, 1);
            insert.executeUpdate();
            assertThatThrownBy(insert::executeUpdate).hasMessageContaining("duplicate key");
            if (autosave.equals("always")) {
                insert.setInt(1, 2);
                insert.executeUpdate();
                connection.commit();
            } else {
                connection.rollback();
            }
            try (Statement statement = connection.createStatement()) {
                assertThat(first(statement, "SELECT count(*) FROM " + table))
                        .isEqualTo(autosave.equals("always") ? "2" : "0");
            }
            connection.rollback();
        }
    }

    @Test
    void rowsFetchedInPortions() throws SQLException {
        try (Route.Way way = route.open(2);
                Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                Connection other = Jdbc.connect(way, "prepareThreshold=1");
                Statement between = other.createStatement();
                PreparedStatement select = connection.prepareStatement("SELECT generate_series(1, ?)")) {
            connection.setAutoCommit(false);
            select.setFetchSize(10);
            select.setInt(1, 1_000);
            int next = 1;
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    assertThat(rows.getInt(1)).isEqualTo(next);
                    if (next++ % 100 == 0) {
                        assertThat(first(between, "SELECT " + next)).isEqualTo(String.valueOf(next));
                    }
                }
            }
            assertThat(next).isEqualTo(1_001);
            connection.commit();
        }
    }

    @Test
    void connectionsComeAndGoByTheHundred() throws SQLException {
        try (Route.Way way = route.open(2)) {
            for (int i = 0; i < 100; i++) {
                try (Connection connection = Jdbc.connect(way, "prepareThreshold=1");
                        PreparedStatement select = connection.prepareStatement("SELECT ?::int")) {
                    select.setInt(1, i);
                    assertThat(first(select)).isEqualTo(String.valueOf(i));
                    if (i % 3 == 0) {
                        connection.setAutoCommit(false);
                        assertThat(first(select)).isEqualTo(String.valueOf(i));
                    }
                }
            }
        }
    }

    private static String first(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static String first(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
