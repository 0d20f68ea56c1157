package dev.pgpool.core.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The limits that a client sets for itself count for what it runs, and not for the pool's servers or other clients. */
class ClientLimitsIT {
    /** How a client sets a parameter. */
    enum Way {
        SET {
            @Override
            void set(WireClient client, String name, String value) {
                client.run("SET " + name + " = '" + value + "'");
            }
        },
        SET_IN_TRANSACTION {
            @Override
            void set(WireClient client, String name, String value) {
                client.run("BEGIN")
                        .run("SET SESSION \"" + name + "\" TO '" + value + "'")
                        .run("COMMIT");
            }
        },
        SET_CONFIG {
            @Override
            void set(WireClient client, String name, String value) {
                client.parse("", "SELECT set_config('" + name + "', $1, false)")
                        .bind("", value)
                        .execute()
                        .sync()
                        .exchange();
            }
        },
        UPDATE {
            @Override
            void set(WireClient client, String name, String value) {
                client.run("UPDATE pg_settings SET setting = '" + value + "' WHERE name = '" + name + "'");
            }
        },
        START_UP_PARAMETER {
            @Override
            String[] startup(String name, String value) {
                return new String[] {name, value};
            }
        },
        OPTIONS {
            @Override
            String[] startup(String name, String value) {
                return new String[] {"options", "-c " + name + "=" + value};
            }
        };

        String[] startup(String name, String value) {
            return new String[0];
        }

        void set(WireClient client, String name, String value) {}
    }

    static Stream<Arguments> spellings() {
        return Stream.concat(
                Stream.of(Way.values()).map(way -> Arguments.of(way, "1000")),
                Stream.of("1000ms", "1s", "1000000us").map(value -> Arguments.of(Way.SET, value)));
    }

    @ParameterizedTest
    @MethodSource("spellings")
    void idleServersBelongToThePool(Way way, String limit) {
        try (TestPooler pooler = TestPooler.start(TestPostgres.shared(18), 1);
                WireClient limited = pooler.login(way.startup("idle_session_timeout", limit))) {
            way.set(limited, "idle_session_timeout", limit);
            int server = limited.serverPid();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_600));
            try (WireClient other = pooler.login()) {
                assertThat(other.serverPid()).as("the server is still there").isEqualTo(server);
                assertThat(other.value("SHOW idle_session_timeout")).isEqualTo("0");
            }
            assertThat(limited.value("SHOW idle_session_timeout")).isEqualTo("1s");
            assertThat(pooler.snapshot().pools().get(0).serverCloses()).isEmpty();
        }
    }

    /** At times the limit hits what the pooler itself asks: then that is asked again. */
    @ParameterizedTest
    @EnumSource
    void aStatementThatMayTakeAMillisecondKeepsNoServerAndHurtsNoOtherClient(Way way) {
        try (TestPooler pooler = TestPooler.start(TestPostgres.shared(18), 1);
                WireClient other = pooler.login()) {
            for (int round = 0; round < 25; round++) {
                try (WireClient limited = pooler.login(way.startup("statement_timeout", "1"))) {
                    way.set(limited, "statement_timeout", "1");
                    for (int i = 0; i < 5; i++) {
                        // each may be cancelled
                        limited.query("SET work_mem = '" + (1_000 + round) + "kB'")
                                .exchange();
                        limited.query("SET work_mem = '" + (1_100 + round) + "kB'")
                                .exchange();
                        assertThat(other.value("SELECT 'round " + round + "'")).isEqualTo("round " + round);
                        assertThat(other.value("SHOW statement_timeout")).isEqualTo("0");
                        other.run("SET work_mem = '" + (2_000 + i) + "kB'");
                    }
                } catch (AssertionError e) {
                    // by what it has asked for itself
                    assertThat(e).hasMessageContaining("57014");
                }
            }
            assertThat(pooler.snapshot().pools().get(0).clientsPinned()).isZero();
        }
    }

    @Test
    void aClientThatWaitsForASafeSnapshotMakesNoOtherClientWait() throws SQLException {
        TestPostgres postgres = TestPostgres.shared(18);
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient patient = pooler.login();
                WireClient other = pooler.login("application_name", "other")) {
            patient.run("SET default_transaction_isolation = serializable")
                    .run("SET default_transaction_read_only = on")
                    .run("SET default_transaction_deferrable = on");
            try (Connection writer = postgres.superuser();
                    Statement statement = writer.createStatement()) {
                writer.setAutoCommit(false);
                statement.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE READ WRITE");
                statement.execute("CREATE TABLE " + TestPostgres.uniqueName("written") + " ()");
                other.query("SELECT 'other'").send();
                assertThat(other.isReadable(Duration.ofSeconds(5)))
                        .as("answered while a writer is there")
                        .isTrue();
                assertThat(other.readUntilReady()).contains("DataRow 1 5 'other'");
                writer.rollback();
            }
            assertThat(patient.value("SHOW default_transaction_deferrable")).isEqualTo("on");
        }
    }

    /** Servers that can't be freed of a limit are closed, and the pool goes on. */
    @Test
    void aServerThatEndsByItsLimitIsReplaced() {
        try (TestPooler pooler = TestPooler.start(TestPostgres.shared(18), 1)) {
            List<String> values = List.of("1", "2ms", "0.003s");
            for (int round = 0; round < 30; round++) {
                try (WireClient limited = pooler.connect()
                        .startup(TestPostgres.USER, TestPostgres.DATABASE)
                        .awaitLogin("")) {
                    limited.query("SET transaction_timeout = '" + values.get(round % 3) + "'")
                            .send()
                            .readUntilReadyOrClosed();
                    limited.query("SET work_mem = '2MB'").send().readUntilReadyOrClosed();
                }
                try (WireClient other = pooler.login()) {
                    assertThat(other.run("SET work_mem = '3MB'").value("SELECT 'served'"))
                            .isEqualTo("served");
                }
            }
            await().atMost(Wire.PATIENCE)
                    .until(() -> pooler.snapshot().pools().get(0).serversIdle() == 1);
        }
    }
}
