package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.stats.ServerInfo;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** With {@code maxPreparedStatements(0)} servers keep no statements, and clients lose none. */
@OnEveryPostgres
class UnkeptStatementsIT {
    private static final int MANY = 5;

    private final TestPostgres postgres;

    UnkeptStatementsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    private TestPooler start(PoolMode mode) {
        return TestPooler.start(builder -> builder.poolMode(mode)
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(2).maxPreparedStatements(0)));
    }

    private static void prepare(WireClient client, String whose) {
        for (int i = 0; i < MANY; i++) {
            assertThat(client.parse("s" + i, "SELECT '" + whose + i + "'")
                            .describeStatement("s" + i)
                            .sync()
                            .exchange())
                    .last()
                    .isEqualTo("ReadyForQuery I");
        }
    }

    private static void use(WireClient client, String whose) {
        for (int i = MANY - 1; i >= 0; i--) {
            String told = whose + i;
            assertThat(client.bind("s" + i).execute().sync().exchange())
                    .anyMatch(line -> line.endsWith("'" + told + "'"));
        }
    }

    private static List<Integer> kept(TestPooler pooler) {
        return pooler.pool().servers().stream()
                .map(ServerInfo::preparedStatements)
                .toList();
    }

    @ParameterizedTest
    @EnumSource(
            value = PoolMode.class,
            names = {"TRANSACTION", "STATEMENT"})
    void statementsFollowTheirClientsAndServersForgetThem(PoolMode mode) {
        try (TestPooler pooler = start(mode);
                WireClient first = pooler.login();
                WireClient second = pooler.login()) {
            prepare(first, "first");
            prepare(second, "second");
            use(first, "first");
            use(second, "second");
            assertThat(kept(pooler)).isNotEmpty().allMatch(count -> count <= 1);
            assertThat(first.value("SELECT count(*) FROM pg_prepared_statements"))
                    .as("the client sees its own")
                    .isEqualTo(String.valueOf(MANY));
        }
    }

    /** Several in one batch need more than one copy at a time. */
    @Test
    void batchesOfManyWork() {
        try (TestPooler pooler = start(PoolMode.TRANSACTION);
                WireClient client = pooler.login()) {
            prepare(client, "mine");
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < MANY; i++) {
                    client.bindPortal("p" + i, "s" + i);
                }
                for (int i = 0; i < MANY; i++) {
                    client.execute("p" + i, 0);
                }
                assertThat(client.sync().exchange())
                        .contains("DataRow 1 5 'mine0'", "DataRow 1 5 'mine4'", "ReadyForQuery I");
            }
        }
    }

    /** They are the server's own there. */
    @Test
    void sessionsKeepWhatTheyHavePrepared() {
        try (TestPooler pooler = start(PoolMode.SESSION);
                WireClient client = pooler.login()) {
            prepare(client, "mine");
            use(client, "mine");
            assertThat(client.value("SELECT count(*) FROM pg_prepared_statements"))
                    .isEqualTo(String.valueOf(MANY));
        }
    }
}
