package dev.pgpool.core.internal.client;

import dev.pgpool.core.fixture.Backend;
import dev.pgpool.core.fixture.Frontend;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A naive model of one PostgreSQL session: statements, portals, transaction status, skipping after errors, COPY, settings.
 * Deterministic, so that what a client sees through the pooler can be compared with what it would see alone.
 *
 * <p>Understands: {@code BEGIN}, {@code COMMIT}, {@code ROLLBACK}, {@code SELECT x} (answers x and its parameters), {@code
 * UPDATE}, {@code FAIL} (when run), {@code BAD} (when parsed), {@code DEALLOCATE ALL}, {@code DISCARD ALL}, {@code COPY
 * IN}, {@code COPY OUT}, {@code SET name value}, {@code SHOW name}, {@code HANG}, the empty query, and the pooler's own
 * {@code set_config} and {@code RESET}.
 */
public final class FakePostgres {

    private record Statement(String sql, int parameters) {}

    private record Portal(Statement statement, String parameters) {}

    private static final class SqlError extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String state;

        SqlError(String state, String message) {
            super(message, null, false, false);
            this.state = state;
        }
    }

    private static final Pattern SETTING = Pattern.compile("set_config\\(E'([^']*)',E'((?:''|[^'])*)',false\\)");
    private static final Pattern RESET = Pattern.compile("RESET \"([^;]*)\"");

    private final Map<String, Statement> statements = new TreeMap<>();
    private final Map<String, Portal> portals = new LinkedHashMap<>();
    private final Map<String, String> defaults = new TreeMap<>();
    private Map<String, String> settings = new TreeMap<>();
    private Map<String, String> settingsBefore = new TreeMap<>();
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    private final List<String> heard = new ArrayList<>();
    private char status = 'I';
    private boolean skipping;
    private boolean copyIn;
    private boolean copyExtended;
    private boolean hanging;
    private boolean terminated;

    public FakePostgres() {
        defaults.put("application_name", "");
        defaults.put("TimeZone", "UTC");
        settings.putAll(defaults);
    }

    /** What it says when a client has been let in. */
    public byte[] greeting() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Backend.authenticationOk());
        out.writeBytes(Backend.parameterStatus("server_version", "18.0"));
        settings.forEach((name, value) -> out.writeBytes(Backend.parameterStatus(name, value)));
        out.writeBytes(Backend.readyForQuery('I'));
        return out.toByteArray();
    }

    void receive(byte[] bytes) {
        arrived.writeBytes(bytes);
    }

    byte[] takeAnswers() {
        byte[] taken = answers.toByteArray();
        answers.reset();
        return taken;
    }

    /** What it was told so far, one line for each message. */
    List<String> heard() {
        return heard;
    }

    char status() {
        return status;
    }

    boolean isTerminated() {
        return terminated;
    }

    /** Names of its prepared statements, the unnamed one among them as an empty string. */
    List<String> statementNames() {
        return List.copyOf(statements.keySet());
    }

    @Nullable
    String sqlOf(String name) {
        Statement statement = statements.get(name);
        return statement == null ? null : statement.sql;
    }

    String setting(String name) {
        return settings.getOrDefault(name, "");
    }

    /** Says something that no client asked for. */
    void say(byte[] message) {
        answers.writeBytes(message);
    }

    /** Ends a {@code HANG}, as a cancel request does. */
    void cancel() {
        if (hanging) {
            hanging = false;
            fail(new SqlError("57014", "canceling statement due to user request"), true);
        }
    }

    /** Deals with the next message, if it is here as a whole. */
    boolean step() {
        byte[] bytes = arrived.toByteArray();
        if (hanging || bytes.length < 5) {
            return false;
        }
        int length = ByteBuffer.wrap(bytes).getInt(1);
        if (bytes.length < 1 + length) {
            return false;
        }
        arrived.reset();
        arrived.write(bytes, 1 + length, bytes.length - 1 - length);
        ByteBuffer body = ByteBuffer.wrap(Arrays.copyOfRange(bytes, 5, 1 + length));
        message((char) bytes[0], body);
        return true;
    }

    private void message(char type, ByteBuffer body) {
        if (copyIn) {
            copyMessage(type, body);
        } else if (skipping && type != 'S' && type != 'X') {
            heard.add("skipped " + type);
        } else if (type == 'Q') {
            try {
                simpleQuery(string(body));
            } catch (BufferUnderflowException e) {
                fail(new SqlError("08P01", "invalid message format"), true);
            }
        } else if (type == 'F') {
            heard.add("FunctionCall");
            if (status == 'E') {
                answers.writeBytes(Backend.error("ERROR", "25P02", "current transaction is aborted"));
            } else {
                answers.writeBytes(Backend.message('V', new byte[] {0, 0, 0, 1, '7'}));
            }
            ready();
        } else {
            try {
                extended(type, body);
            } catch (SqlError e) {
                fail(e, false);
            } catch (BufferUnderflowException | NegativeArraySizeException e) {
                fail(new SqlError("08P01", "invalid message format"), false);
            }
        }
    }

    private void fail(SqlError error, boolean simple) {
        answers.writeBytes(Backend.error("ERROR", error.state, error.getMessage()));
        if (status == 'T') {
            status = 'E';
        }
        portals.clear();
        if (simple) {
            ready();
        } else {
            skipping = true;
        }
    }

    private void ready() {
        if (status == 'I') {
            portals.clear();
        }
        answers.writeBytes(Backend.readyForQuery(status));
    }

    private void simpleQuery(String sql) {
        heard.add("Query " + sql);
        statements.remove("");
        portals.remove("");
        try {
            if (sql.contains("set_config") || sql.startsWith("RESET ")) {
                ownSettings(sql);
                ready();
                return;
            }
            Statement statement = parse(sql, 0);
            if (sql.startsWith("SELECT") || sql.startsWith("SHOW")) {
                answers.writeBytes(Backend.rowDescription("x"));
            }
            if (!run(new Portal(statement, ""), false)) {
                return;
            }
            ready();
        } catch (SqlError e) {
            fail(e, true);
        }
    }

    private void ownSettings(String sql) {
        Matcher matcher = SETTING.matcher(sql);
        while (matcher.find()) {
            if (matcher.group(1).startsWith("no_such")) {
                throw new SqlError("42704", "unrecognized configuration parameter \"" + matcher.group(1) + "\"");
            }
            set(matcher.group(1), matcher.group(2).replace("''", "'").replace("\\\\", "\\"));
        }
        matcher = RESET.matcher(sql);
        while (matcher.find()) {
            settings.remove(matcher.group(1));
        }
        answers.writeBytes(Backend.commandComplete("SELECT 1"));
    }

    private void set(String name, String value) {
        settings.put(name, value);
        if (defaults.containsKey(name)) {
            answers.writeBytes(Backend.parameterStatus(name, value));
        }
    }

    private Statement parse(String sql, int types) {
        if (sql.startsWith("BAD")) {
            throw new SqlError("42601", "syntax error at or near \"BAD\"");
        }
        requireAlive(sql);
        int parameters = (int) sql.chars().filter(c -> c == '$').count();
        return new Statement(sql, Math.max(parameters, types));
    }

    private void requireAlive(String sql) {
        if (status == 'E' && !sql.equals("ROLLBACK") && !sql.equals("COMMIT")) {
            throw new SqlError("25P02", "current transaction is aborted, commands ignored until end of block");
        }
    }

    private void extended(char type, ByteBuffer body) {
        switch (type) {
            case 'P' -> parseMessage(body);
            case 'B' -> bind(body);
            case 'D' -> describe((char) body.get(), string(body));
            case 'E' -> {
                String name = string(body);
                heard.add("Execute " + name);
                Portal portal = portals.get(name);
                if (portal == null) {
                    throw new SqlError("34000", "portal \"" + name + "\" does not exist");
                }
                requireAlive(portal.statement.sql);
                run(portal, true);
            }
            case 'C' -> {
                char kind = (char) body.get();
                String name = string(body);
                heard.add("Close " + kind + " " + name);
                (kind == 'S' ? statements : portals).remove(name);
                answers.writeBytes(Backend.closeComplete());
            }
            case 'S' -> {
                heard.add("Sync");
                skipping = false;
                ready();
            }
            case 'H' -> heard.add("Flush");
            case 'X' -> {
                heard.add("Terminate");
                terminated = true;
            }
            case 'd', 'c', 'f' -> heard.add("late " + type);
            default -> throw new AssertionError("the server was sent a message of type " + type);
        }
    }

    private void parseMessage(ByteBuffer body) {
        String name = string(body);
        String sql = string(body);
        heard.add("Parse " + name + " " + sql);
        if (name.isEmpty()) {
            statements.remove("");
        }
        Statement statement = parse(sql, body.getShort());
        if (!name.isEmpty() && statements.containsKey(name)) {
            throw new SqlError("42P05", "prepared statement \"" + name + "\" already exists");
        }
        statements.put(name, statement);
        answers.writeBytes(Backend.parseComplete());
    }

    private Statement statement(String name) {
        Statement statement = statements.get(name);
        if (statement == null) {
            throw new SqlError(
                    "26000",
                    name.isEmpty()
                            ? "unnamed prepared statement does not exist"
                            : "prepared statement \"" + name + "\" does not exist");
        }
        return statement;
    }

    private void bind(ByteBuffer body) {
        String portal = string(body);
        String name = string(body);
        heard.add("Bind " + portal + " " + name);
        Statement statement = statement(name);
        // PostgreSQL counts the parameters first; a pooler that has to prepare first can't, and the transaction is dead
        requireAlive(statement.sql);
        for (int formats = body.getShort(); formats > 0; formats--) {
            body.getShort();
        }
        StringBuilder values = new StringBuilder();
        int count = body.getShort() & 0xffff;
        for (int i = 0; i < count; i++) {
            int length = body.getInt();
            if (length > body.remaining()) {
                // what get() says, without an array of 2 GiB for a length that a fuzzer has made up
                throw new BufferUnderflowException();
            }
            byte[] value = new byte[Math.max(0, length)];
            body.get(value);
            values.append('/').append(length < 0 ? "null" : new String(value, StandardCharsets.UTF_8));
        }
        if (count != statement.parameters) {
            throw new SqlError(
                    "08P01",
                    "bind message supplies " + count + " parameters, but prepared statement \"" + name + "\" requires "
                            + statement.parameters);
        }
        if (!portal.isEmpty() && portals.containsKey(portal)) {
            throw new SqlError("42P03", "cursor \"" + portal + "\" already exists");
        }
        portals.put(portal, new Portal(statement, values.toString()));
        answers.writeBytes(Backend.bindComplete());
    }

    private void describe(char kind, String name) {
        heard.add("Describe " + kind + " " + name);
        Statement statement;
        if (kind == 'S') {
            statement = statement(name);
        } else {
            Portal portal = portals.get(name);
            if (portal == null) {
                throw new SqlError("34000", "portal \"" + name + "\" does not exist");
            }
            statement = portal.statement;
        }
        boolean rows = statement.sql.startsWith("SELECT") || statement.sql.startsWith("SHOW");
        if (rows && status == 'E') {
            throw new SqlError("25P02", "current transaction is aborted, commands ignored until end of block");
        }
        if (kind == 'S') {
            byte[] described = new byte[2 + 4 * statement.parameters];
            described[1] = (byte) statement.parameters;
            answers.writeBytes(Backend.message('t', described));
        }
        answers.writeBytes(rows ? Backend.rowDescription(statement.sql) : Backend.noData());
    }

    /** Runs what the portal is for; false if the answer comes later. */
    private boolean run(Portal portal, boolean extendedProtocol) {
        String sql = portal.statement.sql;
        String[] words = sql.split(" ", 3);
        int needed = words[0].equals("SET") ? 3 : words[0].equals("SHOW") || words[0].equals("COPY") ? 2 : 1;
        if (words.length < needed) {
            throw new SqlError("42601", "syntax error at end of input");
        }
        switch (words[0]) {
            case "" -> answers.writeBytes(Backend.message('I', new byte[0]));
            case "BEGIN" -> {
                if (status == 'I') {
                    settingsBefore = new TreeMap<>(settings);
                }
                status = 'T';
                complete("BEGIN");
            }
            case "COMMIT", "ROLLBACK" -> end(words[0]);
            case "SELECT" -> {
                answers.writeBytes(Backend.dataRow(sql + portal.parameters));
                complete("SELECT 1");
            }
            case "SHOW" -> {
                answers.writeBytes(Backend.dataRow(setting(words[1])));
                complete("SHOW");
            }
            case "SET" -> {
                set(words[1], words[2]);
                complete("SET");
            }
            case "UPDATE" -> complete("UPDATE 1");
            case "FAIL" -> throw new SqlError("22012", "division by zero");
            case "DEALLOCATE" -> {
                statements.keySet().removeIf(name -> !name.isEmpty());
                complete("DEALLOCATE ALL");
            }
            case "DISCARD" -> {
                if (status != 'I') {
                    throw new SqlError("25001", "DISCARD ALL cannot run inside a transaction block");
                }
                statements.keySet().removeIf(name -> !name.isEmpty());
                settings = new TreeMap<>(defaults);
                complete("DISCARD ALL");
            }
            case "HANG" -> {
                hanging = true;
                return false;
            }
            case "COPY" -> {
                return copy(words[1].equals("IN"), extendedProtocol);
            }
            default -> throw new SqlError("42601", "syntax error at or near \"" + words[0] + "\"");
        }
        return true;
    }

    private void complete(String tag) {
        answers.writeBytes(Backend.commandComplete(tag));
    }

    private void end(String word) {
        boolean rollback = word.equals("ROLLBACK") || status == 'E';
        if (status != 'I' && rollback) {
            Map<String, String> now = settings;
            settings = new TreeMap<>(settingsBefore);
            defaults.keySet().stream()
                    .filter(name -> !settings.get(name).equals(now.get(name)))
                    .forEach(name -> answers.writeBytes(Backend.parameterStatus(name, settings.get(name))));
        }
        status = 'I';
        portals.clear();
        complete(rollback ? "ROLLBACK" : "COMMIT");
    }

    private boolean copy(boolean in, boolean extendedProtocol) {
        byte[] textOneColumn = {0, 0, 1, 0, 0};
        if (in) {
            answers.writeBytes(Backend.message('G', textOneColumn));
            copyIn = true;
            copyExtended = extendedProtocol;
            return false;
        }
        answers.writeBytes(Backend.message('H', textOneColumn));
        answers.writeBytes(Frontend.copyData("1\n".getBytes(StandardCharsets.UTF_8)));
        answers.writeBytes(Frontend.copyData("2\n".getBytes(StandardCharsets.UTF_8)));
        answers.writeBytes(Frontend.copyDone());
        complete("COPY 2");
        return true;
    }

    private void copyMessage(char type, ByteBuffer body) {
        heard.add("during COPY " + type);
        SqlError problem = null;
        switch (type) {
            case 'd' -> {
                if (StandardCharsets.UTF_8.decode(body).toString().startsWith("boom")) {
                    problem = new SqlError("23505", "duplicate key value violates unique constraint");
                } else {
                    return;
                }
            }
            case 'c' -> complete("COPY 1");
            case 'f' -> problem = copyFailed(body);
            case 'S', 'H' -> {
                return;
            }
            default -> problem = new SqlError("08P01", "unexpected message type during COPY from stdin");
        }
        copyIn = false;
        if (problem != null) {
            fail(problem, !copyExtended);
        } else if (!copyExtended) {
            ready();
        }
    }

    private static SqlError copyFailed(ByteBuffer body) {
        try {
            return new SqlError("57014", "COPY from stdin failed: " + string(body));
        } catch (BufferUnderflowException e) {
            return new SqlError("08P01", "invalid string in message");
        }
    }

    private static String string(ByteBuffer in) {
        int start = in.position();
        while (in.get() != 0) {
            // to the terminator
        }
        return new String(in.array(), start, in.position() - start - 1, StandardCharsets.UTF_8);
    }
}
