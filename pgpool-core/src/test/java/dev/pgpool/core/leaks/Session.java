package dev.pgpool.core.leaks;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.Route;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection that sends several requests in one write and reads their answers: {@code WireClient} keeps a transcript,
 * which a million transactions can't afford.
 */
final class Session implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 120_000;

    /** What came back for one request. */
    record Answer(List<List<@Nullable String>> rows, List<String> errors, List<String> notifications, char status) {

        /** The first value of the first row. */
        @Nullable
        String value() {
            if (rows.isEmpty()) {
                throw new AssertionError("no row but " + this);
            }
            return rows.get(0).get(0);
        }
    }

    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private final ByteArrayOutputStream queued = new ByteArrayOutputStream();
    private int owed;

    Session(Route.Way way, String user, List<String> parameters) throws IOException {
        socket = way.connect();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        out = socket.getOutputStream();
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 16 * 1024));
        List<String> all = new ArrayList<>(List.of("user", user, "database", way.database()));
        all.addAll(parameters);
        queued.writeBytes(Frontend.startup(Frontend.PROTOCOL_3_0, all.toArray(String[]::new)));
        owed = 1;
        Answer login = exchange().get(0);
        if (!login.errors().isEmpty()) {
            throw new AssertionError("login: " + login);
        }
    }

    Session query(String sql) {
        queued.writeBytes(Frontend.query(sql));
        owed++;
        return this;
    }

    /** Takes a statement's name away, in the batch of what is said next. */
    Session closeStatement(String name) {
        queued.writeBytes(Frontend.close('S', name));
        return this;
    }

    /** Parses, if told so, and executes a named statement; ends with Sync. */
    Session prepared(String name, @Nullable String sql, @Nullable String... values) {
        if (sql != null) {
            queued.writeBytes(Frontend.parse(name, sql));
        }
        queued.writeBytes(Frontend.bind("", name, Arrays.asList(values)));
        queued.writeBytes(Frontend.execute("", 0));
        queued.writeBytes(Frontend.sync());
        owed++;
        return this;
    }

    /** Sends what is queued, and reads an answer for each request. */
    List<Answer> exchange() throws IOException {
        send();
        List<Answer> answers = new ArrayList<>();
        while (owed > 0) {
            answers.add(read());
            owed--;
        }
        return answers;
    }

    /** Sends what is queued and doesn't wait for answers. */
    void send() throws IOException {
        out.write(queued.toByteArray());
        queued.reset();
    }

    private Answer read() throws IOException {
        Answer answer = new Answer(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), ' ');
        while (true) {
            char type = (char) in.readUnsignedByte();
            ByteBuffer body = ByteBuffer.wrap(in.readNBytes(in.readInt() - 4));
            switch (type) {
                case 'D' -> answer.rows().add(row(body));
                case 'E' -> answer.errors().add(error(body));
                case 'A' -> {
                    body.getInt();
                    answer.notifications().add(string(body) + "=" + string(body));
                }
                case 'Z' -> {
                    return new Answer(answer.rows(), answer.errors(), answer.notifications(), (char) body.get());
                }
                default -> {}
            }
            if (type == 'E' && answer.errors().get(0).startsWith("FATAL")) {
                throw new AssertionError("the connection was ended by " + answer);
            }
        }
    }

    private static List<@Nullable String> row(ByteBuffer body) {
        List<@Nullable String> values = new ArrayList<>();
        for (int count = body.getShort(); count > 0; count--) {
            int length = body.getInt();
            if (length < 0) {
                values.add(null);
            } else {
                byte[] value = new byte[length];
                body.get(value);
                values.add(new String(value, StandardCharsets.UTF_8));
            }
        }
        return values;
    }

    private static String error(ByteBuffer body) {
        String severity = "";
        String code = "";
        String message = "";
        while (true) {
            switch (body.get()) {
                case 0 -> {
                    return severity + " " + code + " " + message;
                }
                case 'V' -> severity = string(body);
                case 'C' -> code = string(body);
                case 'M' -> message = string(body);
                default -> string(body);
            }
        }
    }

    private static String string(ByteBuffer body) {
        int start = body.position();
        while (body.get() != 0) {
            continue;
        }
        return new String(body.array(), start, body.position() - start - 1, StandardCharsets.UTF_8);
    }

    /** Says goodbye. */
    void terminate() throws IOException {
        queued.writeBytes(Frontend.terminate());
        send();
        close();
    }

    /** Vanishes by a TCP reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
