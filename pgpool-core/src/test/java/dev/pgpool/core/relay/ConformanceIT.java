package dev.pgpool.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The same conversations straight to PostgreSQL and through the pooler, compared line by line. Through the pooler they
 * run beside a client that uses the same statement names for other texts and one that takes servers away at random, so
 * that statements have to follow from server to server.
 */
@OnEveryPostgres
class ConformanceIT {

    private static final int CONVERSATIONS = 120;
    private static final int ROUNDS = 12;

    private static final String[] NAMES = {"", "a", "b", "c"};
    private static final String[] PORTALS = {"", "", "", "p"};
    private static final String[] TEXTS = {
        "SELECT 1",
        "SELECT 'two', 2",
        "SELECT generate_series(1, 3)",
        "SELECT 1/(random() * 0)::int",
        "SELEC syntax",
        "SELECT * FROM not_there",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "",
        "VALUES (1), (2)",
        "SET LOCAL work_mem = '5MB'",
        "DEALLOCATE b",
        "PREPARE c AS SELECT 'by SQL'",
        "SELECT name, from_sql FROM pg_prepared_statements ORDER BY 1",
        "SELECT repeat('long', 3000)"
    };
    private static final String[] QUERIES = {
        "SELECT 1; SELECT 2",
        "BEGIN; SELECT 1",
        "COMMIT",
        "ROLLBACK",
        "SELECT 1; SELECT 1/0; SELECT 3",
        "",
        "DEALLOCATE ALL",
        "SELECT 'simple'",
        "DEALLOCATE a",
        "DEALLOCATE b; DEALLOCATE PREPARE \"c\"",
        "EXECUTE a",
        "EXECUTE b; EXECUTE c",
        "PREPARE b AS SELECT 'also by SQL'",
        "SELECT name, statement, from_sql FROM pg_prepared_statements ORDER BY 1",
        "SAVEPOINT s",
        "ROLLBACK TO s"
    };

    private final TestPostgres postgres;

    ConformanceIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void randomConversationsReadTheSameWithAndWithoutThePooler() {
        try (TestPooler pooler = TestPooler.start(postgres, 3, db -> db.maxPreparedStatements(3));
                WireClient namesake = pooler.login();
                WireClient holder = pooler.login()) {
            for (int seed = 0; seed < CONVERSATIONS; seed++) {
                List<String> direct;
                try (WireClient client =
                        WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
                    direct = converse(client, seed, () -> {});
                }
                Random disturbance = new Random(seed);
                List<String> pooled;
                try (WireClient client = pooler.login()) {
                    pooled = converse(client, seed, () -> disturb(disturbance, namesake, holder));
                }
                holder.query("ROLLBACK").exchange();
                assertSame(seed, pooled, direct);
            }
        }
    }

    /** Compares line by line, so that the first difference is shown with what led to it. */
    private static void assertSame(int seed, List<String> pooled, List<String> direct) {
        for (int i = 0; i < Math.max(pooled.size(), direct.size()); i++) {
            String actual = i < pooled.size() ? pooled.get(i) : "(end)";
            String expected = i < direct.size() ? direct.get(i) : "(end)";
            // PostgreSQL looks at the text first and at the name only then: two reasons to refuse, we give the other
            // one
            if (actual.contains("C \"42P05\"") && expected.startsWith("ErrorResponse")) {
                continue;
            }
            assertThat(actual)
                    .as("conversation %s, after\n%s\n", seed, String.join("\n", direct.subList(Math.max(0, i - 30), i)))
                    .isEqualTo(expected);
        }
    }

    private static List<String> converse(WireClient client, int seed, Runnable between) {
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            int before = client.transcript().lines().size();
            for (int message = random.nextInt(7); message > 0; message--) {
                queueOne(client, random);
            }
            client.sync();
            if (random.nextInt(4) == 0) {
                client.query(pick(random, QUERIES));
            }
            List<String> answers = client.exchange();
            List<String> all = client.transcript().lines();
            lines.addAll(all.subList(before, all.size() - answers.size()));
            answers.stream().filter(line -> !line.startsWith("ParameterStatus")).forEach(lines::add);
            between.run();
        }
        return lines;
    }

    private static void queueOne(WireClient client, Random random) {
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> client.parse(pick(random, NAMES), pick(random, TEXTS));
            case 3, 4, 5 -> client.bindPortal(pick(random, PORTALS), pick(random, NAMES));
            case 6, 7 -> client.execute(pick(random, PORTALS), random.nextInt(3));
            case 8 -> client.describeStatement(pick(random, NAMES));
            case 9 -> client.describePortal(pick(random, PORTALS));
            case 10 -> client.closeStatement(pick(random, NAMES));
            case 11 -> client.closePortal(pick(random, PORTALS));
            case 12 -> client.sync();
            default -> client.flush();
        }
    }

    private static void disturb(Random random, WireClient namesake, WireClient holder) {
        String name = pick(random, NAMES);
        namesake.closeStatement(name).parse(name, "SELECT 'of the namesake', " + random.nextInt(5));
        assertThat(namesake.bind(name).execute().sync().exchange())
                .filteredOn(line -> line.startsWith("DataRow"))
                .singleElement()
                .asString()
                .contains("of the namesake");
        holder.query(random.nextBoolean() ? "BEGIN" : "ROLLBACK").exchange();
    }

    private static String pick(Random random, String[] from) {
        return from[random.nextInt(from.length)];
    }
}
