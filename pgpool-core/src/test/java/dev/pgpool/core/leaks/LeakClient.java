package dev.pgpool.core.leaks;

import dev.pgpool.core.fixture.Route;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A client that changes its session at random and looks after each transaction whether the session is as it left it.
 *
 * <p>What it puts into temporary tables, statements and cursors has its own mark, so that what is somebody else's is
 * seen. What keeps it on a server is given up again soon: there are many more clients than servers.
 */
final class LeakClient {

    /** The role that clients take on. */
    static final String ROLE = "leak_role";

    private static final String USER = TestPostgres.USER;
    /** More than is read before it is passed on. */
    private static final String LONG = "it's \" long $$ ".repeat(80_000);

    private static final List<String> LISTS =
            List.of("pg_settings", "pg_catalog.pg_settings", "\"pg_settings\"", "U&\"pg\\005fsettings\"");
    private static final List<String> SETTINGS = List.copyOf(SessionModel.SETTINGS.keySet());
    /** The same text and name for all clients, with another meaning for each search_path. */
    private static final String WHOSE = "SELECT owner, $1::text FROM whose";

    private final Route.Way way;
    private final Map<String, String> defaults;
    private final Random random;
    private final String mark;
    private final AtomicInteger remaining;
    private final Stamps stamps;
    /** Tables whose statement is prepared, with whether its parameter is zoned. */
    private final Map<Stamps.Table, Boolean> stamped = new HashMap<>();

    private final List<String> history = new ArrayList<>();
    private Session session;
    private SessionModel model;
    private boolean prepared;

    /**
     * @param defaults what each setting is for a session that begins without any
     * @param stamps tables that change while clients use them
     * @param remaining how many transactions all clients have still to do
     */
    LeakClient(
            Route.Way way, Map<String, String> defaults, Stamps stamps, int number, long seed, AtomicInteger remaining)
            throws IOException {
        this.stamps = stamps;
        this.way = way;
        this.defaults = defaults;
        this.random = new Random(seed * 1_000 + number);
        this.mark = "mark of " + number;
        this.remaining = remaining;
        begin();
    }

    /** Works until all clients together have done enough. */
    void run() throws IOException {
        try (Session last = session) {
            while (remaining.getAndDecrement() > 0) {
                step();
            }
        } catch (AssertionError | IOException e) {
            throw new AssertionError(mark + ": " + e.getMessage() + "\nafter\n  " + String.join("\n  ", history), e);
        } finally {
            session.close();
        }
    }

    private void begin() throws IOException {
        Map<String, String> startup = new HashMap<>(defaults);
        List<String> parameters = new ArrayList<>();
        for (String name : SETTINGS) {
            if (random.nextInt(6) == 0) {
                startup.put(name, pick(SessionModel.SETTINGS.get(name)));
                parameters.add(name);
                parameters.add(startup.get(name));
            }
        }
        session = new Session(way, USER, parameters);
        model = new SessionModel(USER, startup);
        prepared = false;
        stamped.clear();
        note("begin " + parameters);
    }

    private void step() throws IOException {
        if (model.isHeavy() && random.nextInt(3) == 0) {
            letGo();
            return;
        }
        switch (random.nextInt(46)) {
            case 0, 1, 2, 3, 4 -> setting();
            case 5, 6 -> reset();
            case 7, 8, 9 -> setConfig();
            case 10, 11, 12, 13 -> transaction(false);
            case 14, 15, 16 -> transaction(true);
            case 17 -> temporaryTable();
            case 18 -> statement();
            case 19 -> listen();
            case 20 -> cursor();
            case 21, 22 -> lock();
            case 23 -> role();
            case 24 -> leave();
            case 25, 26, 27, 28, 29, 30 -> meaning();
            case 31 -> failing();
            case 40, 41, 42, 43, 44 -> stamp();
            case 45 -> change();
            default -> look();
        }
    }

    // ---- steps

    private void look() throws IOException {
        run(null);
    }

    private void setting() throws IOException {
        String name = pick(SETTINGS);
        String value = pick(SessionModel.SETTINGS.get(name));
        model.set(name, value);
        String text = setText("SET ", name, value);
        switch (random.nextInt(12)) {
            case 0 -> run("/* " + LONG + " */ " + text);
            case 1 -> run(text + "; -- " + LONG);
            case 2, 3 -> run(name.startsWith("app.") ? text : listedText(name, value));
            default -> run(text);
        }
    }

    /** A parameter set as a row of the view that lists all, in one of its names. */
    private String listedText(String name, String value) {
        return "UPDATE " + pick(LISTS) + " SET setting = '" + value.replace("'", "''") + "' WHERE name = '" + name
                + "'";
    }

    private void reset() throws IOException {
        String name = pick(SETTINGS);
        switch (random.nextInt(6)) {
            case 0 -> {
                model.resetAll();
                run("RESET ALL");
            }
            case 1 -> {
                model.discardAll();
                prepared = false;
                stamped.clear();
                run("DISCARD ALL");
            }
            case 2 -> {
                model.reset(name);
                run("SET " + name + " TO DEFAULT");
            }
            default -> {
                model.reset(name);
                run("RESET " + name);
            }
        }
    }

    private void setConfig() throws IOException {
        String name = pick(SETTINGS);
        String value = pick(SessionModel.SETTINGS.get(name));
        boolean local = random.nextInt(3) == 0;
        if (!local) {
            model.set(name, value);
        }
        run("SELECT set_config('" + name + "', '" + value.replace("'", "''") + "', " + local + ")");
    }

    /** Several changes in a transaction, some in a savepoint, looked at inside, and kept or not. */
    private void transaction(boolean rollback) throws IOException {
        SessionModel before = model.copy();
        StringBuilder sql = new StringBuilder();
        exchange("BEGIN", 'T');
        SessionModel inside = model;
        Map<String, String> afterwards = new HashMap<>();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            String name = pick(SETTINGS);
            String value = pick(SessionModel.SETTINGS.get(name));
            if (name.equals("default_transaction_isolation")) {
                continue; // says nothing about this transaction
            }
            boolean savepoint = random.nextInt(4) == 0;
            boolean local = random.nextBoolean();
            sql.setLength(0);
            String old = inside.value(name);
            if (savepoint) {
                sql.append("SAVEPOINT s; ");
            }
            sql.append(setText(local ? "SET LOCAL " : "SET SESSION ", name, value));
            if (savepoint) {
                sql.append("; ROLLBACK TO s; RELEASE s");
                inside.set(name, old);
            } else {
                inside.set(name, value);
                if (!local) {
                    afterwards.put(name, value);
                } else if (!afterwards.containsKey(name)) {
                    afterwards.put(name, before.value(name));
                }
            }
            exchange(sql.toString(), 'T');
        }
        check(session.query(SessionModel.QUERY).exchange().get(0));
        if (rollback) {
            model = inside.rolledBackTo(before);
            run("ROLLBACK");
        } else {
            afterwards.forEach(inside::set);
            run("COMMIT");
        }
    }

    private void temporaryTable() throws IOException {
        if (!model.role().equals(USER)) {
            look(); // the role may not read what its member made
            return;
        }
        String name = pick(SessionModel.NAMES);
        if (model.tables().remove(name)) {
            expect("SELECT mark FROM pg_temp." + name, mark);
            run("DROP TABLE pg_temp." + name);
        } else {
            String create = "CREATE TEMP TABLE " + name + " AS SELECT '" + mark + "'::text AS mark";
            if (random.nextInt(4) == 0) {
                run("BEGIN; " + create + "; ROLLBACK");
            } else {
                model.tables().add(name);
                run(create);
            }
        }
    }

    private void statement() throws IOException {
        String name = pick(SessionModel.NAMES);
        if (model.statements().remove(name)) {
            expect("EXECUTE " + name, mark);
            run("DEALLOCATE " + name);
        } else {
            model.statements().add(name);
            String prepare = "PREPARE " + name + " AS SELECT '" + mark + "'::text";
            // not undone by a rollback
            run(random.nextInt(4) == 0 ? "BEGIN; " + prepare + "; ROLLBACK" : prepare);
        }
    }

    private void listen() throws IOException {
        String name = pick(SessionModel.NAMES);
        switch (random.nextInt(4)) {
            case 0 -> run("NOTIFY " + name + ", '" + mark + "'");
            case 1 -> run("BEGIN; LISTEN " + name + "; ROLLBACK");
            default -> {
                if (model.channels().remove(name)) {
                    run("UNLISTEN " + name);
                } else {
                    model.channels().add(name);
                    run("LISTEN " + name);
                }
            }
        }
    }

    private void cursor() throws IOException {
        String name = pick(SessionModel.NAMES);
        if (model.cursors().remove(name)) {
            expect("FETCH 1 FROM " + name, mark);
            run("CLOSE " + name);
        } else {
            String declare =
                    "DECLARE " + name + " CURSOR WITH HOLD FOR SELECT '" + mark + "'::text FROM generate_series(1, 3)";
            if (random.nextInt(4) == 0) {
                run("BEGIN; " + declare + "; ROLLBACK");
            } else {
                model.cursors().add(name);
                run(declare);
            }
        }
    }

    private void lock() throws IOException {
        int key = random.nextInt(SessionModel.LOCKS);
        if (model.locks().containsKey(key)) {
            expect("SELECT pg_advisory_unlock(" + key + ")::text", "true");
            if (model.locks().merge(key, -1, Integer::sum) == 0) {
                model.locks().remove(key);
            }
            run(null);
        } else {
            note("pg_try_advisory_lock " + key);
            Session.Answer answer = session.query("SELECT pg_try_advisory_lock(" + key + ")")
                    .exchange()
                    .get(0);
            if ("t".equals(answer.value())) {
                model.locks().merge(key, 1, Integer::sum);
            }
            run(null);
        }
    }

    private void role() throws IOException {
        if (model.role().equals(USER)) {
            model.role(ROLE);
            run("SET ROLE " + ROLE);
        } else {
            model.role(USER);
            run("RESET ROLE");
        }
    }

    /** A statement that means another table for each search_path, prepared under one name by everybody. */
    private void meaning() throws IOException {
        String path = model.value("search_path");
        note("meaning under " + path);
        Session.Answer answer = session.prepared("whose", prepared ? null : WHOSE, mark)
                .exchange()
                .get(0);
        if (path.startsWith("leak_")) {
            prepared = true;
            if (!answer.errors().isEmpty()) {
                throw new AssertionError(answer.errors().toString());
            }
            List<String> expected = List.of(path.substring(0, 6), mark);
            if (!answer.rows().equals(List.of(expected))) {
                throw new AssertionError(answer.rows() + " (expected: " + expected + ")");
            }
        } else if (answer.errors().size() != 1 || !answer.errors().get(0).contains("42P01")) {
            throw new AssertionError(answer + " (expected: an error 42P01)");
        }
        look();
    }

    /** A statement whose parameter is what the column was when this client prepared it. */
    private void stamp() throws IOException {
        Stamps.Table table = pick(stamps.tables());
        if (!table.lock.readLock().tryLock()) {
            look();
            return;
        }
        try {
            boolean fresh = !stamped.containsKey(table) || random.nextInt(4) == 0;
            if (fresh && stamped.containsKey(table)) {
                session.closeStatement(table.name);
            }
            if (fresh) {
                stamped.put(table, table.isZoned());
            }
            note("stamp " + table.name + (fresh ? " anew" : ""));
            List<Session.Answer> answers = session.prepared(table.name, fresh ? table.insert() : null, Stamps.VALUE)
                    .exchange();
            String expected = table.stored(stamped.get(table), model.value("TimeZone"));
            if (!answers.get(0).rows().equals(List.of(List.of(expected)))) {
                throw new AssertionError(answers + " (expected: " + expected + ", parameter zoned: "
                        + stamped.get(table) + ", column zoned: " + table.isZoned() + ")");
            }
        } finally {
            table.lock.readLock().unlock();
        }
        look();
    }

    /** The type of a column changes, while others have statements for it. */
    private void change() throws IOException {
        Stamps.Table table = pick(stamps.tables());
        if (!model.role().equals(USER) || !table.lock.writeLock().tryLock()) {
            look(); // only its owner may change it
            return;
        }
        try {
            note(table.change());
            Session.Answer answer = session.query(table.change()).exchange().get(0);
            if (!answer.errors().isEmpty()) {
                throw new AssertionError(answer.errors().toString());
            }
            table.changed();
        } finally {
            table.lock.writeLock().unlock();
        }
        look();
    }

    /** A setting that goes with a failed transaction. */
    private void failing() throws IOException {
        String name = pick(SETTINGS);
        exchange("BEGIN; " + setText("SET ", name, pick(SessionModel.SETTINGS.get(name))), 'T');
        Session.Answer failed = session.query("SELECT 1/0").exchange().get(0);
        if (failed.status() != 'E') {
            throw new AssertionError(failed + " (expected: a failed transaction)");
        }
        run("COMMIT");
    }

    /** Gives up, one by one, what keeps it on its server. */
    private void letGo() throws IOException {
        if (random.nextInt(8) == 0) {
            leave();
            return;
        }
        List<String> orders = new ArrayList<>();
        model.tables().forEach(name -> orders.add("DROP TABLE pg_temp." + name));
        model.statements().forEach(name -> orders.add("DEALLOCATE " + name));
        model.cursors().forEach(name -> orders.add("CLOSE " + name));
        if (!model.channels().isEmpty()) {
            orders.add("UNLISTEN *");
        }
        if (!model.locks().isEmpty()) {
            orders.add("SELECT pg_advisory_unlock_all()");
        }
        if (!model.role().equals(USER)) {
            // its own last: the role may not drop what its owner made
            orders.add(0, "RESET ROLE");
            model.role(USER);
        }
        model.dropAll();
        for (String order : orders) {
            exchange(order, 'I');
        }
        look();
    }

    /** Leaves politely or not, at rest or in the middle of something, and begins anew. */
    private void leave() throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> {
                note("terminate");
                session.terminate();
            }
            case 1 -> {
                note("reset in the middle");
                session.query("BEGIN; SET LOCAL work_mem = '9MB'; CREATE TEMP TABLE four (a int); SELECT"
                                + " pg_sleep(0.01)")
                        .send();
                session.reset();
            }
            case 2 -> {
                note("reset");
                session.reset();
            }
            default -> {
                note("close in a transaction");
                exchange("BEGIN; SET TimeZone = 'UTC'; LISTEN one", 'T');
                session.close();
            }
        }
        begin();
        look();
    }

    // ---- helpers

    private String setText(String verb, String name, String value) {
        // lists are lists, all else is quoted
        String written = name.equals("search_path") ? value : "'" + value.replace("'", "''") + "'";
        return verb + name + (random.nextBoolean() ? " TO " : " = ") + written;
    }

    /** Does something outside a transaction or ends one, and looks, in one round trip. */
    private void run(@Nullable String sql) throws IOException {
        note(sql == null ? "look" : sql);
        if (sql != null) {
            session.query(sql);
        }
        List<Session.Answer> answers = session.query(SessionModel.QUERY).exchange();
        for (Session.Answer answer : answers) {
            if (!answer.errors().isEmpty() || answer.status() != 'I') {
                throw new AssertionError(answer + " (expected: no error and no transaction)");
            }
        }
        check(answers.get(answers.size() - 1));
    }

    private void exchange(String sql, char status) throws IOException {
        note(sql);
        Session.Answer answer = session.query(sql).exchange().get(0);
        if (!answer.errors().isEmpty() || answer.status() != status) {
            throw new AssertionError(answer + " (expected: no error and status " + status + ")");
        }
    }

    private void expect(String sql, String value) throws IOException {
        note(sql);
        Session.Answer answer = session.query(sql).exchange().get(0);
        if (!answer.errors().isEmpty() || !value.equals(answer.value())) {
            throw new AssertionError(sql + ": " + answer + " (expected: " + value + ")");
        }
    }

    private void check(Session.Answer answer) {
        if (answer.rows().size() != 1) {
            throw new AssertionError(answer.toString());
        }
        Map<String, String> seen = SessionModel.view(answer.rows().get(0));
        Map<String, String> expected = model.view();
        if (!seen.equals(expected)) {
            List<String> differences = new ArrayList<>();
            expected.forEach((name, value) -> {
                if (!value.equals(seen.get(name))) {
                    differences.add(name + ": " + seen.get(name) + " (expected: " + value + ")");
                }
            });
            throw new AssertionError(String.join("; ", differences));
        }
        for (String notification : answer.notifications()) {
            if (model.channels().isEmpty() && !heardBefore(notification)) {
                throw new AssertionError("heard " + notification + " without listening");
            }
        }
    }

    /** Whether this client has listened lately: what was sent before it stopped may come after. */
    private boolean heardBefore(String notification) {
        String channel = notification.substring(0, notification.indexOf('='));
        return history.stream().anyMatch(line -> line.equals("LISTEN " + channel));
    }

    private void note(String text) {
        String line =
                text.length() > 400 ? text.substring(0, 40) + " ... " + text.substring(text.length() - 100) : text;
        if (history.size() >= 40) {
            history.remove(0);
        }
        history.add(line);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
