package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The statement without a name is what the last message has left that the server has obeyed, whatever failed ahead of it, and
 * however late the client hears of that. Each story is told straight to PostgreSQL and through the pooler, where another client
 * has its own on the same server meanwhile.
 */
@OnEveryPostgres
class UnnamedStatementIT {
    private static final int RANDOM_STORIES = 150;
    /** Longer than what is kept of statements that may come back. */
    private static final int LONG = 20_000;

    private final TestPostgres postgres;

    UnnamedStatementIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /**
     * {@code P=a} parses it (with a capital letter one that is long), {@code F} too, with an error in the text, {@code B} runs it, {@code D} asks what it is, {@code C} closes
     * it, {@code X} fails for another reason, {@code Q} is a simple Query, {@code S} a Sync; at a bar the client waits for all answers.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // a batch that fails has no say in what a later one parses
                "P=a S X P=b S Q P=c | B S |",
                "P=a S X P=b S P=c | B S |",
                "F S P=a | B S |",
                "X F S P=a | B S |",
                "P=a S F S Q P=b | D B S |",
                // what it would have replaced is there again
                "P=a S X P=b S | B S |",
                "P=a S | X P=b S | B S |",
                "P=a S X P=b P=c S | B S |",
                "P=a S X C S | B S |",
                "P=a S X P=b C P=c S X P=d S | B S |",
                "P=a S P=b X P=c S X P=d S | B S |",
                // there is none
                "P=a S F S X P=b S | B S |",
                "P=a F P=b S X P=c S | B S |",
                "P=a S C S X P=b S | B S |",
                "P=a S Q X P=b S | B S |",
                "F S X P=a S X C S | B S |",
                // found out in the middle of a batch
                "P=a S X P=b S P=c B | B X | P=d S | B S |",
                // long ones
                "P=A S X P=b S P=c | B S |",
                "P=a S X P=B P=C P=D C S P=E P=F | B S |",
                "P=A S | X P=B S | B S |",
                "X P=a S P=b | F | P=c S | B S |"
            })
    void isWhatWasObeyedLast(String story) {
        assertSame(List.of(story));
    }

    @Test
    void isWhatWasObeyedLastInRandomStories() {
        Random random = new Random();
        List<String> stories = new ArrayList<>();
        for (int i = 0; i < RANDOM_STORIES; i++) {
            stories.add(random(random));
        }
        assertSame(stories);
    }

    /** Whatever it is about: what it may have to wait for must not make it run. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "EXECUTE s",
                "DEALLOCATE s",
                "DEALLOCATE ALL",
                "DISCARD ALL",
                "PREPARE s AS SELECT 2",
                "SELECT name FROM pg_prepared_statements"
            })
    void aQueryBehindAFailedMessageIsSkipped(String query) {
        List<String> straight;
        try (WireClient client = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            straight = queryBehindAFailure(client, query);
        }
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(queryBehindAFailure(client, query)).isEqualTo(straight);
        }
    }

    private static List<String> queryBehindAFailure(WireClient client, String query) {
        client.parse("s", "SELECT 's'").parse("", "SELECT 'z'").sync().exchange();
        List<String> lines = new ArrayList<>();
        client.bind("nothing").query(query).parse("", "SELECT 'b'").bind("").execute();
        lines.addAll(client.sync().send().readUntilReady());
        lines.addAll(client.bind("").execute().sync().send().readUntilReady());
        client.query("BEGIN").send().readUntilReady();
        client.query("SELECT 1 / 0").send().readUntilReady();
        lines.addAll(client.bind("s").query("ROLLBACK; " + query).sync().send().readUntilReady());
        lines.addAll(client.query("ROLLBACK").send().readUntilReady());
        lines.addAll(client.bind("s").execute().sync().send().readUntilReady());
        return lines;
    }

    /** The Close of a statement that the server keeps for others is one of these; drivers send it without a Sync of its own. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "DEALLOCATE ALL",
                "DISCARD ALL",
                "EXECUTE kept",
                "SELECT name FROM pg_prepared_statements WHERE name <> ''"
            })
    void nothingWaitsForWhatThePoolerAnswersItself(String query) {
        List<String> straight;
        try (WireClient client = WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
            straight = behindAClose(client, query);
        }
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login()) {
            assertThat(behindAClose(client, query)).isEqualTo(straight);
        }
    }

    private static List<String> behindAClose(WireClient client, String query) {
        client.parse("s", "SELECT 's'").parse("t", "SELECT 't'").parse("kept", "SELECT 'kept'");
        client.parse("", "SELECT '" + text('A') + "'").sync().exchange();
        List<String> lines = new ArrayList<>();
        client.closeStatement("s").parse("", "SELECT 'b'").bind("").execute().sync();
        lines.addAll(client.exchange());
        client.parse("", "SELECT '" + text('B') + "'").sync().exchange();
        lines.addAll(client.closeStatement("t").closeStatement("").sync().exchange());
        lines.addAll(client.closeStatement("s").query(query).sync().exchange());
        lines.addAll(client.parse("s", "SELECT 1").sync().exchange());
        lines.addAll(client.closeStatement("s").query(query).exchange());
        return lines;
    }

    @Test
    void whatTheObeyedOneDoesToTheSessionIsSeen() {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            String normal = other.value("SHOW work_mem");
            client.parse("late", "SELECT 1 / (SELECT 0 FROM pg_sleep(0.3))")
                    .sync()
                    .exchange();
            client.parse("", "SET work_mem = '7MB'").flush().bind("late").execute();
            client.parse("", "SELECT 'skipped'").sync().send();
            assertThat(client.read(1)).containsExactly("ParseComplete");
            client.bind("").execute().sync().send();
            assertThat(client.readUntilReady()).anyMatch(line -> line.contains("22012"));
            assertThat(client.readUntilReady()).contains("CommandComplete \"SET\"");
            assertThat(other.value("SHOW work_mem")).isEqualTo(normal);
        }
    }

    @Test
    void whatAVeryLongOneWouldDoIsNothingWhenItIsSkipped() {
        byte[] parse = Frontend.parse("", "SELECT '" + "x".repeat(2_000_000) + "'");
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient client = pooler.login();
                WireClient other = pooler.login()) {
            String normal = other.value("SHOW work_mem");
            client.parse("", "SET work_mem = '7MB'").sync().exchange();
            client.bind("nothing").send();
            client.sendRaw(parse, 0, parse.length / 2);
            assertThat(client.read(1)).singleElement().asString().contains("26000");
            client.sendRaw(parse, parse.length / 2, parse.length);
            client.sync().send().readUntilReady();
            assertThat(client.bind("").execute().sync().send().readUntilReady()).contains("CommandComplete \"SET\"");
            assertThat(other.value("SHOW work_mem")).isEqualTo(normal);
        }
    }

    private static String random(Random random) {
        String[] acts = {"P=", "P=", "P=", "F", "B", "B", "D", "C", "X", "X"};
        List<String> story = new ArrayList<>();
        int batches = 2 + random.nextInt(5);
        for (int batch = 0; batch < batches; batch++) {
            if (random.nextInt(5) == 0) {
                story.add("Q");
            }
            int messages = random.nextInt(5);
            for (int i = 0; i < messages; i++) {
                String act = acts[random.nextInt(acts.length)];
                story.add(
                        act.equals("P=")
                                ? act + (char) ((random.nextInt(8) == 0 ? 'A' : 'a') + random.nextInt(26))
                                : act);
                if (random.nextInt(6) == 0) {
                    story.add("|");
                }
            }
            story.add("S");
            if (random.nextInt(3) == 0) {
                story.add("|");
            }
        }
        return String.join(" ", story) + " B S |";
    }

    private void assertSame(List<String> stories) {
        try (TestPooler pooler = TestPooler.start(postgres, 1);
                WireClient other = pooler.login()) {
            for (String story : stories) {
                List<String> straight;
                try (WireClient client =
                        WireClient.login(postgres.address(), TestPostgres.USER, TestPostgres.DATABASE)) {
                    straight = tell(story, client, () -> {});
                }
                try (WireClient client = pooler.login()) {
                    List<String> pooled = tell(
                            story,
                            client,
                            () -> other.parse("", "SELECT 'other'").sync().exchange());
                    assertThat(pooled).as(story).isEqualTo(straight);
                }
            }
        }
    }

    private static String text(char letter) {
        return String.valueOf(letter).repeat(Character.isUpperCase(letter) ? LONG : 1);
    }

    private static List<String> tell(String story, WireClient client, Runnable atRest) {
        List<String> lines = new ArrayList<>();
        int owed = 0;
        boolean resting = true;
        for (String act : story.split(" ")) {
            boolean ends = act.equals("S") || act.equals("Q");
            switch (act.charAt(0)) {
                case 'P' -> client.parse("", "SELECT '" + text(act.charAt(2)) + "'");
                case 'F' -> client.parse("", "SELEC");
                case 'B' -> client.bind("").execute();
                case 'D' -> client.describeStatement("");
                case 'C' -> client.closeStatement("");
                case 'X' -> client.bind("nothing");
                case 'Q' -> client.query("SELECT 'query'");
                case 'S' -> client.sync();
                default -> {
                    (resting ? client : client.flush()).send();
                    for (; owed > 0; owed--) {
                        lines.addAll(client.readUntilReady());
                    }
                    if (resting) {
                        atRest.run();
                    }
                    continue;
                }
            }
            owed += ends ? 1 : 0;
            resting = ends;
        }
        return lines;
    }
}
