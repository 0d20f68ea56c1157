package dev.pgpool.core.internal.client;

import dev.pgpool.core.fixture.Frontend;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Makes up what a client says, round by round, and knows what a PostgreSQL of its own would have answered. A round ends
 * in a Sync or is a simple Query.
 */
final class RandomClient {

    private static final String[] TEXTS = {"SELECT a", "SELECT b $1", "SELECT c $1 $2", "UPDATE $1", "FAIL", "COPY OUT"
    };
    private static final String[] QUERIES = {
        "SELECT 1",
        "UPDATE 2",
        "FAIL",
        "BEGIN",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "BAD",
        "",
        "COPY OUT",
        "SHOW application_name"
    };

    private final Random random;
    private final boolean deep;
    private final FakePostgres alone = new FakePostgres();
    private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    private final List<String> said = new ArrayList<>();
    private boolean mustWait;
    /** The second half of a round whose first half has to be answered before. */
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

    /**
     * @param deep whether it says more without knowing whether what it said before has failed
     */
    RandomClient(long seed, String applicationName, boolean deep) {
        this.deep = deep;
        random = new Random(seed);
        alone.receive(Frontend.query("SET application_name " + applicationName));
        alone.step();
        alone.takeAnswers();
    }

    /** What a PostgreSQL of its own has answered so far, without ParameterStatus. */
    byte[] expected() {
        return withoutParameterStatus(answers.toByteArray());
    }

    List<String> said() {
        return said;
    }

    /** Whether the client waits for all answers before it says more. */
    boolean mustWait() {
        return mustWait;
    }

    /** The next round. */
    byte[] next() {
        ByteArrayOutputStream round = new ByteArrayOutputStream();
        if (rest.size() > 0) {
            mustWait = false;
            return run(takeRest());
        }
        mustWait = random.nextInt(3) == 0;
        int kind = random.nextInt(20);
        if (kind < 5) {
            String sql = QUERIES[random.nextInt(QUERIES.length)];
            query(round, sql);
        } else if (kind == 5) {
            query(round, "SET application_name v" + random.nextInt(4));
        } else if (kind == 6) {
            copyIn(round);
        } else if (kind == 7) {
            query(round, "DEALLOCATE ALL");
            mustWait = true;
        } else if (kind == 8) {
            add(round, "FunctionCall", Frontend.functionCall(1));
        } else {
            batch(round);
        }
        return run(round);
    }

    /** Leaves no transaction open. */
    byte[] last() {
        ByteArrayOutputStream round = takeRest();
        query(round, "ROLLBACK");
        return run(round);
    }

    private byte[] run(ByteArrayOutputStream round) {
        alone.receive(round.toByteArray());
        while (alone.step()) {
            byte[] answer = alone.takeAnswers();
            if (!deep && answer.length > 0 && answer[0] == 'E') {
                mustWait = true;
            }
            answers.writeBytes(answer);
        }
        return round.toByteArray();
    }

    private ByteArrayOutputStream takeRest() {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        taken.writeBytes(rest.toByteArray());
        rest.reset();
        return taken;
    }

    private void query(ByteArrayOutputStream round, String sql) {
        add(round, "Query " + sql, Frontend.query(sql));
    }

    /** As drivers do it: data when the server has asked for it. */
    private void copyIn(ByteArrayOutputStream first) {
        ByteArrayOutputStream round = first;
        boolean extended = random.nextBoolean();
        if (extended) {
            add(round, "Parse '' COPY IN", Frontend.parse("", "COPY IN"));
            add(round, "Bind", Frontend.bind("", "", List.of()));
            add(round, "Execute", Frontend.execute("", 0));
            if (random.nextBoolean()) {
                // as pgjdbc does; ignored during COPY
                add(round, "Sync", Frontend.sync());
            } else {
                add(round, "Flush", Frontend.flush());
            }
        } else {
            query(round, "COPY IN");
        }
        round = rest;
        mustWait = true;
        int rows = random.nextInt(4);
        for (int i = 0; i < rows; i++) {
            String row = random.nextInt(4) == 0 ? "boom" : "row";
            add(round, "CopyData " + row, Frontend.copyData(row.getBytes(StandardCharsets.UTF_8)));
        }
        if (random.nextInt(4) == 0) {
            add(round, "CopyFail", Frontend.copyFail("no"));
        } else {
            add(round, "CopyDone", Frontend.copyDone());
        }
        if (extended) {
            add(round, "Sync", Frontend.sync());
        }
    }

    private void batch(ByteArrayOutputStream round) {
        int items = 1 + random.nextInt(7);
        // a COPY that no data follow would keep its server for ever
        boolean unnamedCopies = "COPY IN".equals(alone.sqlOf(""));
        Set<String> mayExist = new HashSet<>(alone.statementNames());
        for (int i = 0; i < items; i++) {
            String name = "s" + random.nextInt(3);
            String portal = random.nextInt(4) == 0 ? "p" + random.nextInt(2) : "";
            switch (random.nextInt(deep ? 19 : 12)) {
                case 0, 1, 2 -> {
                    if (alone.status() == 'E') {
                        break; // a server that has the statement need not be asked, so it can't refuse
                    }
                    boolean bad = !mayExist.contains(name) && random.nextInt(6) == 0;
                    String sql = bad ? "BAD" : TEXTS[random.nextInt(TEXTS.length)];
                    add(round, "Parse " + name + " " + sql, Frontend.parse(name, sql));
                    mayExist.add(name);
                }
                case 3 -> {
                    String[] word = {"BEGIN", "COMMIT", "ROLLBACK"};
                    String end = word[random.nextInt(word.length)];
                    String own = "t" + end.charAt(0);
                    if (!mayExist.contains(own)) {
                        add(round, "Parse " + own + " " + end, Frontend.parse(own, end));
                        mayExist.add(own);
                    }
                    add(round, "Bind " + own, Frontend.bind("", own, List.of()));
                    add(round, "Execute", Frontend.execute("", 0));
                }
                case 4, 5, 6 -> {
                    List<String> values = Collections.nCopies(random.nextInt(3), "v" + random.nextInt(9));
                    add(round, "Bind " + portal + " " + name, Frontend.bind(portal, name, values));
                    if (random.nextInt(3) > 0) {
                        add(round, "Execute " + portal, Frontend.execute(portal, 0));
                    }
                }
                case 7 -> {
                    // in a failed transaction a server that lacks the statement can't be given it
                    boolean statement = alone.status() != 'E' && random.nextBoolean();
                    add(round, "Describe " + name, Frontend.describe(statement ? 'S' : 'P', statement ? name : portal));
                }
                case 8 -> {
                    boolean statement = random.nextBoolean();
                    add(round, "Close " + name, Frontend.close(statement ? 'S' : 'P', statement ? name : portal));
                }
                case 9 -> add(round, "Flush", Frontend.flush());
                case 10, 12 -> {
                    String sql = TEXTS[random.nextInt(TEXTS.length)];
                    add(round, "Parse '' " + sql, Frontend.parse("", sql));
                }
                case 13 -> add(round, "Close ''", Frontend.close('S', ""));
                case 14 -> {
                    if (alone.status() != 'E') {
                        add(round, "Describe ''", Frontend.describe('S', ""));
                    }
                }
                case 15 -> add(round, "Query SELECT 1", Frontend.query("SELECT 1"));
                case 16 -> add(round, "FunctionCall", Frontend.functionCall(1));
                case 17 -> add(round, "Query DEALLOCATE ALL", Frontend.query("DEALLOCATE ALL"));
                default -> {
                    // as with a statement that has a name
                    if (!unnamedCopies && alone.status() != 'E') {
                        add(round, "Bind ''", Frontend.bind(portal, "", List.of()));
                        add(round, "Execute " + portal, Frontend.execute(portal, 0));
                    }
                }
            }
        }
        add(round, "Sync", Frontend.sync());
    }

    private void add(ByteArrayOutputStream round, String text, byte[] message) {
        said.add(text);
        round.writeBytes(message);
    }

    /** Settings travel with a client by other messages than alone, so these say nothing. */
    static byte[] withoutParameterStatus(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        while (at + 5 <= bytes.length) {
            int length = java.nio.ByteBuffer.wrap(bytes).getInt(at + 1);
            if (bytes[at] != 'S') {
                out.write(bytes, at, Math.min(1 + length, bytes.length - at));
            }
            at += 1 + length;
        }
        return out.toByteArray();
    }
}
