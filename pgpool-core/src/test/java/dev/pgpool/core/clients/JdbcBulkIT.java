package dev.pgpool.core.clients;

import static dev.pgpool.core.clients.Jdbc.column;
import static dev.pgpool.core.clients.Jdbc.connect;
import static dev.pgpool.core.clients.Jdbc.first;
import static dev.pgpool.core.clients.Jdbc.sqlState;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;
import org.postgresql.copy.PGCopyInputStream;
import org.postgresql.copy.PGCopyOutputStream;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** How pgjdbc moves much data: COPY, large objects, batches; each by two connections in turn on two servers. */
@OnEveryJavaRoute
class JdbcBulkIT {

    private final Route route;
    private final String table = TestPostgres.uniqueName("bulk");

    JdbcBulkIT(Route route) {
        this.route = route;
    }

    @BeforeEach
    void createTable() {
        route.postgres()
                .execute(
                        "CREATE TABLE " + table + " (id serial PRIMARY KEY, name text UNIQUE, data bytea)",
                        "ALTER TABLE " + table + " OWNER TO " + TestPostgres.USER);
    }

    // ---- copy

    @Test
    void copiesOfTwoConnectionsRunSideBySide() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            CopyIn in = copyApi(one).copyIn("COPY " + table + " (name) FROM STDIN");
            for (int i = 0; i < 1_000; i++) {
                byte[] row = ("row " + i + "\n").getBytes(StandardCharsets.UTF_8);
                in.writeToCopy(row, 0, row.length);
                if (i == 500) {
                    assertThat(first(two, "SELECT count(*) FROM " + table)).isEqualTo("0");
                    in.flushCopy();
                }
            }
            assertThat(in.endCopy()).isEqualTo(1_000);
            CopyOut out = copyApi(two).copyOut("COPY (SELECT name FROM " + table + " ORDER BY id) TO STDOUT");
            assertThat(new String(out.readFromCopy(), StandardCharsets.UTF_8)).isEqualTo("row 0\n");
            assertThat(first(one, "SELECT count(*) FROM " + table)).isEqualTo("1000");
            int rows = 1;
            while (out.readFromCopy() != null) {
                rows++;
            }
            assertThat(rows).isEqualTo(1_000);
            assertThat(out.getHandledRowCount()).isEqualTo(1_000);
        }
    }

    @Test
    void copyThatIsCancelledOrWrongLeavesTheConnectionInOrder() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            for (int round = 0; round < 5; round++) {
                CopyIn in = copyApi(one).copyIn("COPY " + table + " (name) FROM STDIN");
                in.writeToCopy("never\n".getBytes(StandardCharsets.UTF_8), 0, 6);
                in.cancelCopy();
                assertThat(first(two, "SELECT " + round)).isEqualTo(String.valueOf(round));
                assertThat(sqlState(() -> copyApi(one)
                                .copyIn(
                                        "COPY " + table + " (id) FROM STDIN",
                                        new ByteArrayInputStream("no number\n".getBytes(StandardCharsets.UTF_8)))))
                        .isEqualTo("22P02");
                assertThat(sqlState(() -> copyApi(one).copyIn("COPY not_there FROM STDIN")))
                        .isEqualTo("42P01");
                assertThat(first(one, "SELECT count(*) FROM " + table)).isEqualTo("0");
            }
        }
    }

    @Test
    void copyByStreamsInBinaryAndInATransaction() throws Exception {
        byte[] content = new byte[200_000];
        new Random(3).nextBytes(content);
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                PreparedStatement insert =
                        one.prepareStatement("INSERT INTO " + table + " (name, data) VALUES ('source', ?)")) {
            insert.setBytes(1, content);
            insert.executeUpdate();
            ByteArrayOutputStream binary = new ByteArrayOutputStream();
            try (InputStream out = new PGCopyInputStream(
                    two.unwrap(PGConnection.class), "COPY " + table + " (data) TO STDOUT (FORMAT binary)")) {
                out.transferTo(binary);
            }
            one.setAutoCommit(false);
            try (OutputStream in = new PGCopyOutputStream(
                    one.unwrap(PGConnection.class), "COPY " + table + " (data) FROM STDIN (FORMAT binary)")) {
                in.write(binary.toByteArray());
            }
            assertThat(first(two, "SELECT count(*) FROM " + table)).isEqualTo("1");
            one.commit();
            assertThat(first(two, "SELECT count(DISTINCT data) || ' of ' || count(*) FROM " + table))
                    .isEqualTo("1 of 2");
        }
    }

    private static CopyManager copyApi(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }

    // ---- large objects

    @Test
    void largeObjectsOfTwoConnections() throws Exception {
        byte[] content = new byte[100_000];
        new Random(2).nextBytes(content);
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            LargeObjectManager ofOne = one.unwrap(PGConnection.class).getLargeObjectAPI();
            LargeObjectManager ofTwo = two.unwrap(PGConnection.class).getLargeObjectAPI();
            long id = ofOne.createLO(LargeObjectManager.READWRITE);
            long other = ofTwo.createLO(LargeObjectManager.READWRITE);
            try (LargeObject a = ofOne.open(id, LargeObjectManager.READWRITE);
                    LargeObject b = ofTwo.open(other, LargeObjectManager.READWRITE)) {
                for (int part = 0; part < 10; part++) {
                    a.write(content, part * 10_000, 10_000);
                    b.write(("part " + part + ";").getBytes(StandardCharsets.US_ASCII));
                }
                a.seek(50_000);
                assertThat(a.tell64()).isEqualTo(50_000);
                assertThat(a.read(1)[0]).isEqualTo(content[50_000]);
                a.truncate(90_000);
                assertThat(a.size64()).isEqualTo(90_000);
            }
            one.commit();
            two.commit();
            try (LargeObject a = ofTwo.open(id, LargeObjectManager.READ);
                    LargeObject b = ofOne.open(other, LargeObjectManager.READ)) {
                assertThat(a.getInputStream().readAllBytes()).isEqualTo(Arrays.copyOf(content, 90_000));
                assertThat(new String(b.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .startsWith("part 0;part 1;")
                        .endsWith("part 9;");
            }
            ofTwo.delete(id);
            two.rollback();
            ofOne.delete(id);
            ofOne.delete(other);
            one.commit();
            assertThat(sqlState(() -> ofTwo.open(id, LargeObjectManager.READ))).isEqualTo("42704");
            two.rollback();
        }
    }

    // ---- batches

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepareThreshold=1",
                "prepareThreshold=1&reWriteBatchedInserts=true",
                "preferQueryMode=simple",
                "preferQueryMode=extendedForPrepared"
            })
    void batchesWithGeneratedKeys(String options) throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way, options);
                Connection two = connect(way, options)) {
            List<String> keys = new ArrayList<>();
            for (int round = 0; round < 10; round++) {
                for (Connection connection : List.of(one, two)) {
                    String prefix = round + (connection == one ? " one " : " two ");
                    try (PreparedStatement insert = connection.prepareStatement(
                            "INSERT INTO " + table + " (name) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
                        for (int i = 0; i < 50; i++) {
                            insert.setString(1, prefix + i);
                            insert.addBatch();
                        }
                        assertThat(insert.executeBatch()).hasSize(50);
                        try (ResultSet generated = insert.getGeneratedKeys()) {
                            List<String> ids = column(generated, generated.findColumn("id"));
                            assertThat(ids).hasSize(50);
                            keys.addAll(ids);
                            assertThat(first(connection, "SELECT name FROM " + table + " WHERE id = " + ids.get(49)))
                                    .isEqualTo(prefix + 49);
                        }
                    }
                }
            }
            assertThat(keys).doesNotHaveDuplicates().hasSize(1_000);
        }
    }

    @Test
    void batchThatFailsSaysWhichPartsWorked() throws Exception {
        try (Route.Way way = route.open(2, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            for (Connection connection : List.of(one, two, one)) {
                try (Statement batch = connection.createStatement()) {
                    batch.addBatch("INSERT INTO " + table + " (name) VALUES ('a')");
                    batch.addBatch("INSERT INTO " + table + " (name) VALUES ('b')");
                    batch.addBatch("INSERT INTO " + table + " (name) VALUES ('a')");
                    batch.addBatch("INSERT INTO " + table + " (name) VALUES ('c')");
                    connection.setAutoCommit(false);
                    try {
                        batch.executeBatch();
                        throw new AssertionError("no error");
                    } catch (BatchUpdateException e) {
                        assertThat(e.getSQLState()).isEqualTo("23505");
                        assertThat(e.getUpdateCounts()).hasSize(4);
                    }
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
                assertThat(first(connection, "SELECT count(*) FROM " + table)).isEqualTo("0");
            }
        }
    }
}
