package dev.pgpool.core.clients;

import static dev.pgpool.core.clients.Jdbc.column;
import static dev.pgpool.core.clients.Jdbc.connect;
import static dev.pgpool.core.clients.Jdbc.execute;
import static dev.pgpool.core.clients.Jdbc.first;
import static dev.pgpool.core.clients.Jdbc.sqlState;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/** What pgjdbc offers beyond queries, each by two connections in turn on two servers. */
@OnEveryJavaRoute
class JdbcFeaturesIT {

    private final Route route;
    private final String table = TestPostgres.uniqueName("feature");

    JdbcFeaturesIT(Route route) {
        this.route = route;
    }

    @BeforeEach
    void createTable() {
        route.postgres()
                .execute(
                        "CREATE TABLE " + table + " (id serial PRIMARY KEY, name text UNIQUE, data bytea)",
                        "ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER);
    }

    // ---- transactions

    @Test
    void savepointsByNameAndWithout() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            List<Connection> both = List.of(one, two);
            for (Connection connection : both) {
                insertName(connection, "kept by " + both.indexOf(connection));
                Savepoint unnamed = connection.setSavepoint();
                insertName(connection, "lost by " + both.indexOf(connection));
                Savepoint named = connection.setSavepoint("It's \"named\"");
                assertThat(sqlState(connection, "SELECT 1/0")).isEqualTo("22012");
                assertThat(sqlState(connection, "SELECT 1")).isEqualTo("25P02");
                connection.rollback(named);
                connection.releaseSavepoint(named);
                connection.rollback(unnamed);
                insertName(connection, "also by " + both.indexOf(connection));
            }
            one.commit();
            two.rollback();
            assertThat(column(two, "SELECT name FROM " + table + " ORDER BY id"))
                    .containsExactly("kept by 0", "also by 0");
            two.rollback();
        }
    }

    @ParameterizedTest
    @CsvSource({"always, false", "always, true", "conservative, false", "conservative, true", "never, false"})
    void autosaveWithChangedTables(String autosave, boolean cleanup) throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one =
                        connect(way, "prepareThreshold=1&autosave=" + autosave + "&cleanupSavepoints=" + cleanup);
                Connection two = connect(way);
                PreparedStatement select = one.prepareStatement("SELECT * FROM " + table + " WHERE name = ?");
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            insertName(two, "there");
            select.setString(1, "there");
            assertThat(columns(select)).isEqualTo(3);
            for (int round = 0; round < 4; round++) {
                execute(two, "ALTER TABLE " + table + " ADD COLUMN c" + round + " int");
                one.setAutoCommit(false);
                insertName(one, "before " + round);
                if (autosave.equals("never")) {
                    assertThat(columnsOrState(select)).isIn(4 + round + " columns", "0A000");
                    one.rollback();
                } else {
                    // "cached plan must not change result type" is met by a savepoint and another try
                    assertThat(columnsOrState(select)).isEqualTo(4 + round + " columns");
                    one.commit();
                }
                one.setAutoCommit(true);
                assertThat(columnsOrState(select)).isEqualTo(4 + round + " columns");
                if (round % 2 == 0) {
                    holder.hold();
                } else {
                    holder.release();
                }
            }
            assertThat(first(two, "SELECT count(*) FROM " + table)).isEqualTo(autosave.equals("never") ? "1" : "5");
        }
    }

    private static String columnsOrState(PreparedStatement select) {
        try {
            return columns(select) + " columns";
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    private static int columns(PreparedStatement select) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            assertThat(rows.next()).isTrue();
            return rows.getMetaData().getColumnCount();
        }
    }

    private void insertName(Connection connection, String name) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (name) VALUES (?)")) {
            insert.setString(1, name);
            assertThat(insert.executeUpdate()).isEqualTo(1);
        }
    }

    // ---- time limits and the like

    @Test
    void networkTimeoutEndsTheConnectionAndNothingElse() throws Exception {
        String slept = "SELECT pg_sleep(60), '" + table + "'";
        ExecutorService executor = Executors.newSingleThreadExecutor();
        try (Route.Way way = route.open(2, 1);
                Connection two = connect(way)) {
            for (int round = 0; round < 3; round++) {
                try (Connection one = connect(way)) {
                    one.setNetworkTimeout(executor, 500);
                    assertThat(one.getNetworkTimeout()).isEqualTo(500);
                    assertThat(sqlState(one, slept)).isEqualTo("08006");
                    assertThat(one.isClosed()).isTrue();
                }
                try (Connection next = connect(way)) {
                    assertThat(first(next, "SELECT " + round)).isEqualTo(String.valueOf(round));
                    assertThat(first(two, "SELECT " + round)).isEqualTo(String.valueOf(round));
                }
            }
        } finally {
            executor.shutdownNow();
        }
        String left = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = '" + slept.replace("'", "''")
                + "'";
        if (route.pooled()) {
            // the server was told to stop; PostgreSQL itself would sleep on
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> route.postgres().query(left).isEmpty());
        }
        route.postgres().query(left).forEach(pid -> route.postgres().terminateBackend(Integer.parseInt(pid)));
    }

    @Test
    void cancelHitsTheStatementItWasMeantForOnly() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Statement ofOne = one.createStatement();
                Statement ofTwo = two.createStatement()) {
            for (int round = 0; round < 5; round++) {
                String sleepOne = "SELECT '" + table + " one " + round + "', pg_sleep(60)";
                String sleepTwo = "SELECT '" + table + " two " + round + "', pg_sleep(60)";
                Future<String> first = threads.submit(() -> sqlState(() -> ofOne.execute(sleepOne)));
                Future<String> second = threads.submit(() -> sqlState(() -> ofTwo.execute(sleepTwo)));
                route.postgres().awaitQuery(sleepOne);
                route.postgres().awaitQuery(sleepTwo);
                ofOne.cancel();
                assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo("57014");
                assertThat(second.isDone()).isFalse();
                ofTwo.cancel();
                assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo("57014");
                ofOne.cancel(); // of nothing
                assertThat(first(two, "SELECT 'alive'")).isEqualTo("alive");
                assertThat(first(one, "SELECT 'alive'")).isEqualTo("alive");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void isValidInEveryState() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            for (int round = 0; round < 4; round++) {
                assertThat(one.isValid(20)).isTrue();
                two.setAutoCommit(false);
                assertThat(sqlState(two, "SELECT 1/0")).isEqualTo("22012");
                assertThat(two.isValid(20)).isTrue();
                two.rollback();
                assertThat(two.isValid(20)).isTrue();
                two.setAutoCommit(true);
            }
            two.setAutoCommit(false);
            int pid = Integer.parseInt(first(two, "SELECT pg_backend_pid()"));
            route.postgres().terminateBackend(pid);
            assertThat(two.isValid(20)).isFalse();
            assertThat(one.isValid(20)).isTrue();
            assertThat(holder.hold()).isNotNull();
        }
    }

    // ---- portals

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepareThreshold=1",
                "prepareThreshold=0",
                "prepareThreshold=1&adaptiveFetch=true&maxResultBuffer=100000"
            })
    void cursorsOfTwoConnectionsInTurn(String options) throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way, options);
                Connection two = connect(way, options);
                PreparedStatement ofOne = one.prepareStatement("SELECT n, 'one' FROM generate_series(1, ?) n");
                PreparedStatement ofTwo = two.prepareStatement("SELECT n, 'two' FROM generate_series(1, ?) n")) {
            for (int round = 0; round < 3; round++) {
                one.setAutoCommit(false);
                two.setAutoCommit(false);
                ofOne.setFetchSize(7);
                ofTwo.setFetchSize(11);
                ofOne.setInt(1, 500);
                ofTwo.setInt(1, 500);
                try (ResultSet a = ofOne.executeQuery();
                        ResultSet b = ofTwo.executeQuery()) {
                    for (int n = 1; n <= 500; n++) {
                        assertThat(a.next() && b.next()).isTrue();
                        assertThat(a.getInt(1) + a.getString(2)).isEqualTo(n + "one");
                        assertThat(b.getInt(1) + b.getString(2)).isEqualTo(n + "two");
                        if (n % 50 == 0) {
                            // another statement, while the portal is open
                            assertThat(first(one, "SELECT " + n)).isEqualTo(String.valueOf(n));
                        }
                        if (n == 300 && round == 1) {
                            break;
                        }
                    }
                }
                one.commit();
                two.rollback();
            }
        }
    }

    @Test
    void cursorsReturnedByFunctions() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            execute(
                    one,
                    "CREATE FUNCTION " + table + "_f (n int) RETURNS refcursor LANGUAGE plpgsql AS"
                            + " 'DECLARE c refcursor; BEGIN OPEN c FOR SELECT generate_series(1, n); RETURN c; END'");
            for (Connection connection : List.of(one, two)) {
                connection.setAutoCommit(false);
                try (CallableStatement call = connection.prepareCall("{? = call " + table + "_f(?)}")) {
                    call.registerOutParameter(1, Types.REF_CURSOR);
                    call.setInt(2, 20);
                    call.execute();
                    try (ResultSet rows = (ResultSet) call.getObject(1)) {
                        assertThat(column(rows, 1)).hasSize(20);
                    }
                }
                connection.commit();
            }
        }
    }

    // ---- values and catalogs

    @ParameterizedTest
    @ValueSource(strings = {"prepareThreshold=1", "prepareThreshold=0", "prepareThreshold=1&binaryTransfer=false"})
    void valuesOfManyTypes(String options) throws Exception {
        byte[] bytes = new byte[1_000];
        new Random(4).nextBytes(bytes);
        UUID uuid = UUID.fromString("5fc03087-d265-11e7-b8c6-83e29cd24f4c");
        OffsetDateTime time = OffsetDateTime.of(2026, 3, 29, 2, 30, 15, 123_456_000, ZoneOffset.UTC);
        PGobject json = new PGobject();
        json.setType("jsonb");
        json.setValue("{\"a\": [1, null, \"ü\"]}");
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way, options);
                Connection two = connect(way, options)) {
            for (int round = 0; round < 3; round++) {
                for (Connection connection : List.of(one, two)) {
                    Array ints = connection.createArrayOf("int4", new Integer[] {1, null, 3});
                    Array texts = connection.createArrayOf("text", new String[][] {{"a", "b\""}, {"{}", ","}});
                    try (PreparedStatement echo = connection.prepareStatement(
                            "SELECT ?::bytea, ?::uuid, ?::timestamptz, ?::timestamp, ?::date, ?::numeric, ?::int4[],"
                                    + " ?::text[], ?::jsonb, ?::interval, ?::float8, ?::bool, ?::int8, ?::text")) {
                        echo.setBytes(1, bytes);
                        echo.setObject(2, uuid);
                        echo.setObject(3, time);
                        echo.setObject(4, LocalDateTime.of(1999, 12, 31, 23, 59, 59));
                        echo.setObject(5, LocalDate.of(4713, 1, 1));
                        echo.setBigDecimal(6, new BigDecimal("-12345678901234567890.0123456789"));
                        echo.setArray(7, ints);
                        echo.setArray(8, texts);
                        echo.setObject(9, json);
                        echo.setObject(10, new PGInterval(1, 2, 3, 4, 5, 6.5));
                        echo.setDouble(11, 0.1 + 0.2);
                        echo.setBoolean(12, true);
                        echo.setLong(13, Long.MIN_VALUE);
                        echo.setString(14, null);
                        try (ResultSet rows = echo.executeQuery()) {
                            assertThat(rows.next()).isTrue();
                            assertThat(rows.getBytes(1)).isEqualTo(bytes);
                            assertThat(rows.getObject(2)).isEqualTo(uuid);
                            assertThat(rows.getObject(3, OffsetDateTime.class).toInstant())
                                    .isEqualTo(time.toInstant());
                            assertThat(rows.getObject(4, LocalDateTime.class))
                                    .isEqualTo(LocalDateTime.of(1999, 12, 31, 23, 59, 59));
                            assertThat(rows.getObject(5, LocalDate.class)).isEqualTo(LocalDate.of(4713, 1, 1));
                            assertThat(rows.getBigDecimal(6))
                                    .isEqualTo(new BigDecimal("-12345678901234567890.0123456789"));
                            assertThat((Integer[]) rows.getArray(7).getArray()).containsExactly(1, null, 3);
                            assertThat((String[][]) rows.getArray(8).getArray())
                                    .isDeepEqualTo(new String[][] {{"a", "b\""}, {"{}", ","}});
                            assertThat(rows.getString(9)).isEqualTo("{\"a\": [1, null, \"ü\"]}");
                            assertThat(rows.getObject(10)).isEqualTo(new PGInterval(1, 2, 3, 4, 5, 6.5));
                            assertThat(rows.getDouble(11)).isEqualTo(0.1 + 0.2);
                            assertThat(rows.getBoolean(12)).isTrue();
                            assertThat(rows.getLong(13)).isEqualTo(Long.MIN_VALUE);
                            assertThat(rows.getString(14)).isNull();
                        }
                    }
                }
            }
        }
    }

    @Test
    void metaDataReadsTheSameAsWithoutThePooler() throws Exception {
        // in binary a number may have another text than the one that the server makes
        String options = "prepareThreshold=1&binaryTransfer=false";
        List<String> expected;
        try (Route.Way direct = new Route(route.postgres(), false).open(1);
                Connection connection = connect(direct, options)) {
            expected = metaData(connection);
        }
        assertThat(expected).hasSizeGreaterThan(100);
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way, options);
                Connection two = connect(way, options);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            assertThat(metaData(one)).isEqualTo(expected);
            holder.hold();
            assertThat(metaData(two)).isEqualTo(expected);
            assertThat(metaData(one)).isEqualTo(expected);
            holder.release();
            assertThat(metaData(two)).isEqualTo(expected);
        }
    }

    private List<String> metaData(Connection connection) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        List<String> lines = new ArrayList<>();
        lines.add(data.getDatabaseProductVersion() + " " + data.getUserName() + " " + data.getMaxColumnsInIndex() + " "
                + data.getSQLKeywords());
        addRows(lines, data.getTables(null, "public", table, new String[] {"TABLE"}));
        addRows(lines, data.getColumns(null, "public", table, "%"));
        addRows(lines, data.getPrimaryKeys(null, "public", table));
        addRows(lines, data.getIndexInfo(null, "public", table, false, false));
        addRows(lines, data.getImportedKeys(null, "public", table));
        addRows(lines, data.getExportedKeys(null, "public", table));
        addRows(lines, data.getTablePrivileges(null, "public", table));
        addRows(lines, data.getColumnPrivileges(null, "public", table, "%"));
        addRows(lines, data.getBestRowIdentifier(null, "public", table, 0, true));
        addRows(lines, data.getFunctions(null, "pg_catalog", "pg_ad%"));
        addRows(lines, data.getFunctionColumns(null, "pg_catalog", "pg_advisory%", "%"));
        addRows(lines, data.getTableTypes());
        addRows(lines, data.getClientInfoProperties());
        addRows(lines, data.getUDTs(null, "public", table, null));
        addRows(lines, data.getColumns(null, "pg_catalog", "pg_class", "%"));
        return lines;
    }

    private static void addRows(List<String> lines, ResultSet result) throws SQLException {
        try (result) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                StringBuilder line = new StringBuilder();
                for (int column = 1; column <= columns; column++) {
                    line.append(result.getString(column)).append('|');
                }
                lines.add(line.toString());
            }
        }
    }

    @Test
    void metaDataOfStatementsOnAnotherServer() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way);
                PreparedStatement select = one.prepareStatement("SELECT id, name FROM " + table + " WHERE id = ?")) {
            for (int round = 0; round < 4; round++) {
                assertThat(select.getMetaData().getColumnName(2)).isEqualTo("name");
                assertThat(select.getParameterMetaData().getParameterTypeName(1))
                        .isEqualTo("int4");
                select.setInt(1, 1);
                try (ResultSet rows = select.executeQuery()) {
                    assertThat(rows.next()).isFalse();
                    assertThat(rows.getMetaData().isAutoIncrement(1)).isTrue();
                }
                if (round % 2 == 0) {
                    holder.hold();
                } else {
                    holder.release();
                }
            }
        }
    }

    @Test
    void warningsAndNoticesReachTheirStatement() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Statement ofOne = one.createStatement();
                Statement ofTwo = two.createStatement()) {
            for (int round = 0; round < 5; round++) {
                ofOne.execute("DO $$ BEGIN RAISE WARNING 'careful, one'; END $$");
                ofTwo.execute("DROP TABLE IF EXISTS not_there_" + round);
                assertThat(ofOne.getWarnings().getMessage()).isEqualTo("careful, one");
                assertThat(ofTwo.getWarnings().getMessage()).contains("not_there_" + round);
                assertThat((Throwable) ofOne.getWarnings().getNextWarning()).isNull();
            }
        }
    }

    @Test
    void updatableAndScrollableResults() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            for (int i = 0; i < 5; i++) {
                insertName(one, "row " + i);
            }
            try (Statement statement =
                            one.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
                    ResultSet rows = statement.executeQuery("SELECT id, name FROM " + table + " ORDER BY id")) {
                holder.hold();
                assertThat(rows.absolute(3)).isTrue();
                rows.updateString("name", "changed");
                rows.updateRow();
                rows.moveToInsertRow();
                rows.updateInt("id", 1_000);
                rows.updateString("name", "inserted");
                rows.insertRow();
                assertThat(rows.absolute(1)).isTrue();
                rows.deleteRow();
                holder.release();
            }
            assertThat(column(one, "SELECT name FROM " + table + " ORDER BY id"))
                    .containsExactly("row 1", "changed", "row 3", "row 4", "inserted");
        }
    }
}
