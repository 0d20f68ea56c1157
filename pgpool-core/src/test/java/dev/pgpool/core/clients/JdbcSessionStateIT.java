package dev.pgpool.core.clients;

import static dev.pgpool.core.clients.Jdbc.column;
import static dev.pgpool.core.clients.Jdbc.connect;
import static dev.pgpool.core.clients.Jdbc.execute;
import static dev.pgpool.core.clients.Jdbc.first;
import static dev.pgpool.core.clients.Jdbc.sqlState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.OnEveryJavaRoute;
import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * State of a session that JDBC's users rely on beyond a transaction, in transaction mode: it is there
 * when its owner comes back, whatever others did meanwhile, and it is nobody else's.
 */
@OnEveryJavaRoute
class JdbcSessionStateIT {

    private final Route route;
    private final String name = TestPostgres.uniqueName("state");

    JdbcSessionStateIT(Route route) {
        this.route = route;
    }

    // ---- settings

    @ParameterizedTest
    @ValueSource(strings = {"transaction", "always", "ignore"})
    void readOnlyIsTheConnectionsOwn(String mode) throws Exception {
        route.postgres().execute("CREATE TABLE " + name + " (id int)", "GRANT ALL ON " + name + " TO PUBLIC");
        try (Route.Way way = route.open(3, 1);
                Connection reader = connect(way, "prepareThreshold=1&readOnlyMode=" + mode);
                Connection writer = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            reader.setReadOnly(true);
            for (int round = 0; round < 4; round++) {
                reader.setAutoCommit(false);
                String state = mode.equals("ignore") ? "none" : "25006";
                assertThat(insertState(reader)).isEqualTo(state);
                reader.rollback();
                reader.setAutoCommit(true);
                assertThat(insertState(reader)).isEqualTo(mode.equals("always") ? "25006" : "none");
                execute(writer, "INSERT INTO " + name + " VALUES (1)");
                assertThat(first(writer, "SHOW default_transaction_read_only")).isEqualTo("off");
                toggle(holder, round);
            }
            reader.setReadOnly(false);
            execute(reader, "INSERT INTO " + name + " VALUES (2)");
        }
    }

    private String insertState(Connection connection) throws SQLException {
        try {
            execute(connection, "INSERT INTO " + name + " VALUES (0)");
            return "none";
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    @Test
    void isolationLevelIsTheConnectionsOwn() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection strict = connect(way);
                Connection other = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            strict.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            for (int round = 0; round < 4; round++) {
                assertThat(strict.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
                assertThat(first(strict, "SHOW transaction_isolation")).isEqualTo("serializable");
                assertThat(first(other, "SHOW transaction_isolation")).isEqualTo("read committed");
                if (round == 1) {
                    strict.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
                    assertThat(first(strict, "SHOW transaction_isolation")).isEqualTo("read committed");
                    strict.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
                }
                toggle(holder, round);
            }
        }
    }

    @Test
    void schemaIsTheConnectionsOwnAlsoForTheSameText() throws Exception {
        List<String> schemas = List.of(name + "_a", name + "_b");
        for (String schema : schemas) {
            route.postgres()
                    .execute(
                            "CREATE SCHEMA " + schema + " AUTHORIZATION " + TestPostgres.USER,
                            "CREATE TABLE " + schema + ".t AS SELECT '" + schema + "' AS owner",
                            "GRANT ALL ON " + schema + ".t TO " + TestPostgres.USER);
        }
        try (Route.Way way = route.open(4, 1);
                Connection a = connect(way);
                Connection b = connect(way, "prepareThreshold=1&currentSchema=" + schemas.get(1));
                Connection none = connect(way);
                PreparedStatement fromA = a.prepareStatement("SELECT owner FROM t WHERE owner <> ?");
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            a.setSchema(schemas.get(0));
            fromA.setString(1, "");
            try (PreparedStatement fromB = b.prepareStatement("SELECT owner FROM t WHERE owner <> ?")) {
                fromB.setString(1, "");
                for (int round = 0; round < 6; round++) {
                    assertThat(first(fromA)).isEqualTo(schemas.get(0));
                    assertThat(a.getSchema()).isEqualTo(schemas.get(0));
                    assertThat(first(fromB)).isEqualTo(schemas.get(1));
                    assertThat(b.getSchema()).isEqualTo(schemas.get(1));
                    assertThat(none.getSchema()).isEqualTo("public");
                    assertThat(sqlState(none, "SELECT * FROM t")).isEqualTo("42P01");
                    toggle(holder, round);
                }
            }
        }
    }

    @Test
    void clientInfoIsTheConnectionsOwn() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way, "ApplicationName=first");
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            assertThat(first(one, "SHOW application_name")).isEqualTo("first");
            two.setClientInfo("ApplicationName", "it's \"two\"");
            for (int round = 0; round < 4; round++) {
                assertThat(first(one, "SHOW application_name")).isEqualTo(round < 2 ? "first" : "changed");
                assertThat(first(two, "SHOW application_name")).isEqualTo("it's \"two\"");
                assertThat(two.getClientInfo("ApplicationName")).isEqualTo("it's \"two\"");
                if (round == 1) {
                    Properties info = new Properties();
                    info.setProperty("ApplicationName", "changed");
                    one.setClientInfo(info);
                }
                toggle(holder, round);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "work_mem=5MB=6MB",
                "TimeZone=Asia/Tokyo=Europe/Paris",
                "IntervalStyle=iso_8601=sql_standard",
                "extra_float_digits=0=2",
                "statement_timeout=71s=72s",
                "app.tenant=blue=green",
                "bytea_output=escape=hex",
                "enable_seqscan=off=on",
                "default_transaction_read_only=off=on"
            })
    void settingsAreTheConnectionsOwnThroughRollbacksToo(String setting) throws Exception {
        String[] parts = setting.split("=");
        String show = "SELECT current_setting('" + parts[0] + "', true)";
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way, "preferQueryMode=simple");
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, "SET " + parts[0] + " = '" + parts[1] + "'");
            execute(two, "SET SESSION " + parts[0] + " TO '" + parts[2] + "'");
            for (int round = 0; round < 6; round++) {
                assertThat(first(one, show)).isEqualTo(parts[1]);
                assertThat(first(two, show)).isEqualTo(parts[2]);
                one.setAutoCommit(false);
                boolean local = round % 2 == 1;
                execute(one, "SET " + (local ? "LOCAL " : "") + parts[0] + " = '" + parts[2] + "'");
                assertThat(first(one, show)).isEqualTo(parts[2]);
                if (local) {
                    one.commit();
                } else {
                    one.rollback();
                }
                one.setAutoCommit(true);
                toggle(holder, round);
            }
            execute(two, "RESET " + parts[0]);
            try (Connection fresh = connect(way)) {
                assertThat(String.valueOf(first(two, show))).isIn(String.valueOf(first(fresh, show)), "");
            }
            assertThat(first(one, show)).isEqualTo(parts[1]);
        }
    }

    @Test
    void settingsOfASavepointGoWithIt() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, "SET work_mem = '5MB'", "SET TimeZone = 'Asia/Tokyo'");
            for (int round = 0; round < 4; round++) {
                one.setAutoCommit(false);
                execute(
                        one,
                        "SAVEPOINT s",
                        "SET work_mem = '7MB'",
                        "SET TimeZone = 'Europe/Paris'",
                        "ROLLBACK TO SAVEPOINT s");
                one.commit();
                one.setAutoCommit(true);
                toggle(holder, round);
                assertThat(first(one, "SHOW work_mem")).isEqualTo("5MB");
                assertThat(first(one, "SHOW TimeZone")).isEqualTo("Asia/Tokyo");
            }
        }
    }

    @Test
    void setConfigInASelectIsTheConnectionsOwn() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            assertThat(first(one, "SELECT set_config('app.user', 'alice', false)"))
                    .isEqualTo("alice");
            for (int round = 0; round < 4; round++) {
                assertThat(first(one, "SELECT current_setting('app.user', true)"))
                        .isEqualTo("alice");
                assertThat(first(two, "SELECT current_setting('app.user', true)"))
                        .isIn(null, "");
                toggle(holder, round);
            }
        }
    }

    @Test
    void roleIsTheConnectionsOwn() throws Exception {
        route.postgres().execute("CREATE ROLE " + name, "GRANT " + name + " TO " + TestPostgres.USER);
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, "SET ROLE " + name);
            for (int round = 0; round < 4; round++) {
                assertThat(first(one, "SELECT current_user")).isEqualTo(name);
                assertThat(first(two, "SELECT current_user")).isEqualTo(TestPostgres.USER);
                toggle(holder, round);
            }
            execute(one, "RESET ROLE");
            assertThat(first(one, "SELECT current_user")).isEqualTo(TestPostgres.USER);
        }
    }

    // ---- objects of a session

    @Test
    void temporaryTablesStayAndAreNobodyElses() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Connection none = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, "CREATE TEMPORARY TABLE " + name + " (id int)");
            execute(two, "CREATE TEMP TABLE " + name + " AS SELECT 7 AS id, 'two' AS owner");
            try (PreparedStatement insert = one.prepareStatement("INSERT INTO " + name + " VALUES (?)")) {
                for (int round = 0; round < 4; round++) {
                    insert.setInt(1, round);
                    assertThat(insert.executeUpdate()).isEqualTo(1);
                    assertThat(column(one, "SELECT id FROM " + name)).hasSize(round + 1);
                    assertThat(first(two, "SELECT owner FROM " + name)).isEqualTo("two");
                    assertThat(sqlState(none, "SELECT * FROM " + name)).isEqualTo("42P01");
                    // of three servers two are with their clients, and the third is for all others
                    assertThat(holder.hold()).isNotNull();
                    assertThat(column(one, "SELECT id FROM " + name)).hasSize(round + 1);
                    holder.release();
                }
            }
            execute(one, "DROP TABLE " + name);
            assertThat(sqlState(one, "SELECT * FROM " + name)).isEqualTo("42P01");
            assertThat(first(two, "SELECT owner FROM " + name)).isEqualTo("two");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TEMP TABLE % ON COMMIT PRESERVE ROWS AS SELECT 1 AS v",
                "CREATE LOCAL TEMPORARY TABLE % AS SELECT 1 AS v",
                "SELECT 1 AS v INTO TEMP %",
                "SELECT 1 AS v INTO TEMPORARY TABLE %",
                "CREATE TABLE pg_temp.% AS SELECT 1 AS v",
                "CREATE TEMP VIEW % AS SELECT 1 AS v",
                "CREATE OR REPLACE TEMPORARY VIEW % AS SELECT 1 AS v",
                "DO $$ BEGIN CREATE TEMP TABLE % AS SELECT 1 AS v; END $$"
            })
    void everySpellingOfATemporaryRelation(String create) throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection none = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, create.replace("%", name));
            for (int round = 0; round < 2; round++) {
                assertThat(first(one, "SELECT * FROM " + name)).isEqualTo("1");
                assertThat(sqlState(none, "SELECT * FROM " + name)).isEqualTo("42P01");
                toggle(holder, round);
            }
        }
    }

    @Test
    void temporaryTableOfATransactionThatIsRolledBackOrDropsItIsGone() throws Exception {
        try (Route.Way way = route.open(1, 1);
                Connection one = connect(way);
                Connection two = connect(way)) {
            one.setAutoCommit(false);
            execute(one, "CREATE TEMP TABLE " + name + " (id int)");
            one.rollback();
            assertThat(sqlState(two, "SELECT * FROM " + name)).isEqualTo("42P01");
            execute(one, "CREATE TEMP TABLE " + name + " (id int) ON COMMIT DROP");
            assertThat(first(one, "SELECT count(*) FROM " + name)).isEqualTo("0");
            one.commit();
            assertThat(sqlState(two, "SELECT * FROM " + name)).isEqualTo("42P01");
            one.setAutoCommit(true);
            assertThat(sqlState(one, "SELECT * FROM " + name)).isEqualTo("42P01");
        }
    }

    @Test
    void cursorsWithHoldOutliveTheirTransaction() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection none = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            one.setAutoCommit(false);
            execute(one, "DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 10)");
            one.commit();
            one.setAutoCommit(true);
            for (int round = 0; round < 4; round++) {
                assertThat(column(one, "FETCH 2 FROM c"))
                        .containsExactly(String.valueOf(2 * round + 1), String.valueOf(2 * round + 2));
                assertThat(sqlState(none, "FETCH 1 FROM c")).isEqualTo("34000");
                toggle(holder, round);
            }
            execute(one, "CLOSE c");
            assertThat(sqlState(one, "FETCH 1 FROM c")).isEqualTo("34000");
        }
    }

    @Test
    void statementsPreparedInSqlAreTheConnectionsOwn() throws Exception {
        try (Route.Way way = route.open(4, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Connection none = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            execute(one, "PREPARE p (int) AS SELECT 'one ' || $1");
            execute(two, "PREPARE p AS SELECT 'two'");
            for (int round = 0; round < 4; round++) {
                assertThat(first(one, "EXECUTE p (" + round + ")")).isEqualTo("one " + round);
                assertThat(first(two, "EXECUTE p")).isEqualTo("two");
                assertThat(sqlState(none, "EXECUTE p")).isEqualTo("26000");
                toggle(holder, round);
            }
            execute(one, "DEALLOCATE p");
            assertThat(sqlState(one, "EXECUTE p (1)")).isEqualTo("26000");
            assertThat(first(two, "EXECUTE p")).isEqualTo("two");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"pg_advisory_lock", "pg_try_advisory_lock", "pg_catalog.pg_advisory_lock", "\"pg_advisory_lock\""
            })
    void advisoryLocksAreHeldUntilTheirOwnerUnlocks(String function) throws Exception {
        long key = name.hashCode();
        try (Route.Way way = route.open(3, 1);
                Connection one = connect(way);
                Connection two = connect(way);
                Jdbc.Holder holder = new Jdbc.Holder(way)) {
            first(one, "SELECT " + function + "(" + key + ")");
            for (int round = 0; round < 4; round++) {
                assertThat(first(two, "SELECT pg_try_advisory_xact_lock(" + key + ")"))
                        .isEqualTo("f");
                toggle(holder, round);
            }
            assertThat(first(one, "SELECT pg_advisory_unlock(" + key + ")")).isEqualTo("t");
            assertThat(first(two, "SELECT pg_try_advisory_xact_lock(" + key + ")"))
                    .isEqualTo("t");
            // nothing left to unlock, wherever this goes
            assertThat(first(one, "SELECT pg_advisory_unlock(" + key + ")")).isEqualTo("f");
        }
    }

    // ---- notifications

    @Test
    void listenerHearsWhatIsCommittedWhileItIsIdle() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection listener = connect(way);
                Connection speaker = connect(way);
                Connection deaf = connect(way)) {
            execute(listener, "LISTEN " + name);
            for (int round = 0; round < 5; round++) {
                speaker.setAutoCommit(false);
                execute(speaker, "NOTIFY " + name + ", 'first " + round + "'");
                first(speaker, "SELECT pg_notify('" + name + "', 'second " + round + "')");
                int pid = Integer.parseInt(first(speaker, "SELECT pg_backend_pid()"));
                speaker.commit();
                execute(speaker, "NOTIFY " + name + ", 'rolled back'");
                speaker.rollback();
                List<PGNotification> heard = hear(listener, 2);
                assertThat(heard)
                        .extracting(PGNotification::getParameter)
                        .containsExactly("first " + round, "second " + round);
                assertThat(heard).allSatisfy(notification -> {
                    assertThat(notification.getName()).isEqualTo(name);
                    assertThat(notification.getPID()).isEqualTo(pid);
                });
                assertThat(first(listener, "SELECT " + round)).isEqualTo(String.valueOf(round));
                first(deaf, "SELECT 1");
                assertThat(deaf.unwrap(PGConnection.class).getNotifications()).isEmpty();
            }
            execute(listener, "NOTIFY " + name + ", 'to myself'");
            assertThat(hear(listener, 1))
                    .extracting(PGNotification::getParameter)
                    .containsExactly("to myself");
            execute(listener, "UNLISTEN *");
            speaker.setAutoCommit(true);
            execute(speaker, "NOTIFY " + name + ", 'nobody hears'");
            first(listener, "SELECT 1");
            assertThat(listener.unwrap(PGConnection.class).getNotifications()).isEmpty();
        }
    }

    @Test
    void listenThatIsRolledBackHearsNothing() throws Exception {
        try (Route.Way way = route.open(3, 1);
                Connection listener = connect(way);
                Connection speaker = connect(way)) {
            listener.setAutoCommit(false);
            execute(listener, "LISTEN " + name);
            listener.rollback();
            execute(listener, "LISTEN " + name + "_kept");
            listener.commit();
            listener.setAutoCommit(true);
            execute(speaker, "NOTIFY " + name + ", 'not this'", "NOTIFY " + name + "_kept, 'but this'");
            assertThat(hear(listener, 1))
                    .extracting(PGNotification::getParameter)
                    .containsExactly("but this");
        }
    }

    private static List<PGNotification> hear(Connection listener, int count) throws SQLException {
        List<PGNotification> heard = new ArrayList<>();
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (heard.size() < count && System.nanoTime() < deadline) {
            heard.addAll(List.of(listener.unwrap(PGConnection.class).getNotifications(500)));
        }
        return heard;
    }

    // ---- the end

    @ParameterizedTest
    @ValueSource(strings = {"close", "abort", "reset by hand"})
    void nothingIsLeftForTheNextOne(String end) throws Exception {
        String listening = "SELECT count(*) FROM pg_listening_channels()";
        String prepared = "SELECT count(*) FROM pg_prepared_statements WHERE from_sql";
        String cursors = "SELECT count(*) FROM pg_cursors WHERE is_holdable";
        route.postgres().execute("CREATE ROLE " + name, "GRANT " + name + " TO " + TestPostgres.USER);
        try (Route.Way way = route.open(1, 1)) {
            for (int round = 0; round < 3; round++) {
                Connection messy = connect(way);
                execute(
                        messy,
                        "CREATE TEMP TABLE " + name + " (id int)",
                        "PREPARE p AS SELECT 1",
                        "LISTEN " + name,
                        "SELECT pg_advisory_lock(" + name.hashCode() + ")",
                        "SET search_path = pg_catalog",
                        "SET work_mem = '9MB'",
                        "SET TimeZone = 'Asia/Tokyo'",
                        "SET app.tenant = 'messy'",
                        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
                        "SET default_transaction_read_only = on",
                        "SET ROLE " + name);
                switch (end) {
                    case "close" -> messy.close();
                    case "abort" -> messy.abort(Runnable::run);
                    default -> execute(messy, "RESET ROLE", "DISCARD ALL");
                }
                try (Connection next = connect(way)) {
                    assertThat(first(next, "SELECT current_user")).isEqualTo(TestPostgres.USER);
                    assertThat(first(next, "SELECT to_regclass('pg_temp." + name + "')"))
                            .isNull();
                    assertThat(first(next, prepared)).isEqualTo("0");
                    assertThat(first(next, listening)).isEqualTo("0");
                    assertThat(first(next, cursors)).isEqualTo("0");
                    // Straight to the server it takes the server process of the former client a moment to end.
                    await().atMost(Wire.PATIENCE)
                            .until(() -> "t"
                                    .equals(first(next, "SELECT pg_try_advisory_xact_lock(" + name.hashCode() + ")")));
                    assertThat(first(next, "SELECT pg_advisory_unlock(" + name.hashCode() + ")"))
                            .isEqualTo("f");
                    assertThat(first(next, "SHOW search_path")).isEqualTo("\"$user\", public");
                    assertThat(first(next, "SHOW work_mem")).isEqualTo("4MB");
                    assertThat(first(next, "SHOW TimeZone")).isNotEqualTo("Asia/Tokyo");
                    assertThat(first(next, "SELECT current_setting('app.tenant', true)"))
                            .isIn(null, "");
                    execute(next, "CREATE TABLE " + name + "_" + round + " (id int)");
                }
                messy.close();
            }
        }
    }

    /** Every other round somebody holds a server, so that the next statement goes to the other. */
    private static void toggle(Jdbc.Holder holder, int round) throws SQLException {
        if (round % 2 == 0) {
            holder.hold();
        } else {
            holder.release();
        }
    }
}
