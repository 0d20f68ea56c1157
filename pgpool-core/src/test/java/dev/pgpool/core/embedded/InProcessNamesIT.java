package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever names a database and a user have, a client is who the host says, and where. */
@OnEveryPostgres
class InProcessNamesIT {
    private final TestPostgres postgres;

    InProcessNamesIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static Stream<String> names() {
        return Stream.of(
                "a b",
                " lead",
                "trail ",
                "a+b",
                "a%20b",
                "100%",
                "%00",
                "a&user=postgres",
                "a?user=postgres",
                "a/b",
                "//h/x",
                "a#b",
                "a:b;c",
                "a@b",
                "a\\b",
                "\"quoted\"",
                "it's",
                "$1",
                ".",
                "..",
                "ümlaut",
                "数据库",
                "\uD83D\uDC18",
                "PgBouncers",
                "ü".repeat(31),
                "x".repeat(63));
    }

    private PgPool start(String database) {
        return PgPool.builder()
                .eventLoops(1)
                .database(
                        database,
                        db -> TestPooler.at(db, postgres)
                                .databaseName(TestPostgres.DATABASE)
                                .user(TestPostgres.USER)
                                .maxConnections(1))
                .build()
                .start();
    }

    private static void assertIs(PgPool pool, Connection connection, String database, String user) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_user")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo(TestPostgres.USER);
        }
        assertThat(pool.clients()).singleElement().satisfies(client -> {
            assertThat(client.database()).isEqualTo(database);
            assertThat(client.user()).isEqualTo(user);
        });
    }

    @ParameterizedTest
    @MethodSource("names")
    void aNameMayHoldAnything(String name) throws SQLException {
        String user = name + "'s user";
        try (PgPool pool = start(name);
                Connection connection = pool.dataSource(name, user).getConnection()) {
            assertIs(pool, connection, name, user);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aUrlMayHoldAnything(String name) throws SQLException {
        String user = name + "'s user";
        Properties properties = new Properties();
        properties.setProperty("user", user);
        try (PgPool pool = start(name)) {
            String url = pool.socketFactory().jdbcUrl(name);
            try (Connection connection = DriverManager.getConnection(url, properties)) {
                assertIs(pool, connection, name, user);
            }
        }
    }

    @Test
    void aUserHasAName() {
        try (PgPool pool = start(TestPostgres.DATABASE)) {
            InProcessDataSource unnamed = pool.dataSource(TestPostgres.DATABASE, "");
            assertThatThrownBy(unnamed::getConnection)
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("28000");
        }
    }

    /** The driver would name the database by the user. */
    @Test
    void aDatabaseHasAName() {
        try (PgPool pool = start(TestPostgres.DATABASE)) {
            assertThatThrownBy(() -> pool.dataSource("")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.dataSource("", TestPostgres.USER))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.socketFactory().jdbcUrl("")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Where the driver writes strings into its start-up packet, a zero byte ends one: what follows would be a parameter of its own. */
    static Stream<String> injections() {
        return Stream.of("x\0user\0postgres", "x\0database\0pgbouncer\0user\0operator", "x\0user\0app", "\0", "x\0");
    }

    @ParameterizedTest
    @MethodSource("injections")
    void aNameOrASettingIsNoMoreThanThat(String injected) {
        try (PgPool pool = start(TestPostgres.DATABASE)) {
            assertThatThrownBy(() -> pool.dataSource(injected, TestPostgres.USER))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.dataSource(TestPostgres.DATABASE, injected))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pool.socketFactory().jdbcUrl(injected))
                    .isInstanceOf(IllegalArgumentException.class);
            for (String setting : List.of("ApplicationName", "currentSchema", "options")) {
                assertThatThrownBy(() -> pool.dataSource(TestPostgres.DATABASE).with(setting, injected))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ApplicationName", "currentSchema", "options", "user"})
    void aUrlSaysOnceWhoTheClientIs(String setting) throws SQLException {
        List<String> asked = new CopyOnWriteArrayList<>();
        try (PgPool pool = PgPool.builder()
                .eventLoops(1)
                .adminUsers("operator")
                .database(
                        TestPostgres.DATABASE, db -> TestPooler.at(db, postgres).maxConnections(1))
                .build()
                .start()) {
            InProcessSocketFactory sockets = pool.socketFactory((database, user) -> {
                asked.add(database + "/" + user);
                return true;
            });
            String user = setting.equals("user") ? "" : "&user=" + TestPostgres.USER;
            for (String injected :
                    List.of("app\0user\0postgres", "app\0user\0operator\0database\0pgbouncer", "app\0database\0app")) {
                String url = sockets.jdbcUrl(TestPostgres.DATABASE) + user + "&" + setting + "="
                        + URLEncoder.encode(injected, StandardCharsets.UTF_8);
                assertThatThrownBy(() -> DriverManager.getConnection(url).close())
                        .isInstanceOf(SQLException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        // or what is before the zero byte is no setting
                        .isIn("28000", "42601");
            }
            assertThat(asked).isEmpty();
            DriverManager.getConnection(sockets.jdbcUrl(TestPostgres.DATABASE) + "&user=" + TestPostgres.USER)
                    .close();
            assertThat(asked).containsExactly("app/app");
        }
    }
}
