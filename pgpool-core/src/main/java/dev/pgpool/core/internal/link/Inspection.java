package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.params.SqlText;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Asks the server what has come of a client's statements that may have changed its session: which kinds of state are
 * there, and what parameters are now that the server does not report. So a statement that failed or was rolled back
 * leaves nothing behind here either, and a value is followed in the form in which the server has it.
 */
final class Inspection implements ServerQuery.Outcome {

    /** What a statement_timeout of the client looks like, which counts for this as well. */
    private static final String QUERY_CANCELED = "57014";
    /** Which is read before it is lifted for the transaction that the messages of one Query are. */
    private static final String LIMIT = "statement_timeout";

    private static final String LIFTING_THE_LIMIT =
            "SELECT " + SqlText.current(LIMIT) + ";SET LOCAL " + LIMIT + " = 0;";
    /** It is asked again, since a server that is not known to be clean would stay with its client. */
    private static final int MOST_CANCELLED = 20;

    private final Exchange x;
    private final Link link;
    private final ServerConnection server;
    private InspectionQuery asked;
    private final Map<String, String> learned = new TreeMap<>();
    private final List<String> gone = new ArrayList<>();
    /** Names among those that were reset that are at the server's default. */
    private final List<String> returned = new ArrayList<>();

    private int found;
    /** Times that it was cancelled by a limit of the client's own. */
    private int cancelled;

    private String question = "";

    Inspection(Exchange x, Link link) {
        this.x = x;
        this.link = link;
        this.server = x.server;
        this.asked = InspectionQuery.none(server);
    }

    /** Asks; or, if there is nothing that the server could tell, finds what is known already. */
    void begin(LinkedClient client) {
        Pins pins = x.pins;
        learned.clear();
        gone.clear();
        found = 0;
        cancelled = 0;
        returned.clear();
        asked = new InspectionQuery(
                server,
                pins.askable(),
                pins.parameters.settings(),
                pins.parameters.isResetAll()
                        ? allOf(server.parameters(), client.startupParameters())
                        : pins.parameters.resets(),
                pins.parameters.isListed(),
                server.isForeign());
        pins.asked();
        String sql = asked.sql();
        if (sql == null) {
            pins.found(0);
            link.onInspected(wanted(client));
        } else {
            question = sql;
            link.ask(this, List.of(sql));
        }
    }

    /** All that a {@code RESET ALL} may have changed. */
    private static List<String> allOf(SessionParameters present, SessionParameters startup) {
        TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(present.names());
        names.addAll(startup.names());
        return List.copyOf(names);
    }

    @Override
    public boolean wants(MessageCursor in) {
        return in.type() == BackendType.DATA_ROW;
    }

    @Override
    public void onRow(MessageCursor row) {
        ByteBuf buf = row.buffer();
        int at = row.bodyIndex() + 2;
        if (cancelled > 0 && learned.isEmpty()) {
            learn(LIMIT, text(buf, at));
            return;
        }
        String limit = learned.remove(LIMIT);
        String bits = text(buf, at);
        found = bits == null ? 0 : Integer.parseInt(bits);
        at = behind(buf, at);
        for (String name : asked.settings()) {
            learn(name, value(buf, at));
            at = behind(buf, at);
        }
        if (asked.wantsList()) {
            Map<String, String> set = SqlText.readListed(text(buf, at));
            at = behind(buf, at);
            for (String name : asked.resets()) {
                String value = set.get(name);
                if (asked.isUnlisted(name) && value == null) {
                    value = value(buf, at);
                    // where they were never set they are empty
                    value = value == null || value.isEmpty() ? null : value;
                }
                at = asked.isUnlisted(name) ? behind(buf, at) : at;
                judge(name, value);
            }
            if (asked.listed()) {
                judgeListed(set);
            }
        }
        if (limit != null) {
            learned.put(LIMIT, limit);
            gone.remove(LIMIT);
            returned.remove(LIMIT);
        }
    }

    /** @param value null if the parameter is at the server's default */
    private void judge(String name, @Nullable String value) {
        if (value == null) {
            returned.add(name);
            if (!asked.isReported(name)) {
                gone.add(name);
            }
        } else if (!asked.isReported(name)) {
            learn(name, value);
        }
    }

    private void judgeListed(Map<String, String> set) {
        set.forEach((name, value) -> {
            if (!asked.isReported(name)) {
                learn(name, value);
            }
        });
        for (String name : server.parameters().names()) {
            if (!asked.isReported(name) && name.indexOf('.') < 0 && !set.containsKey(name)) {
                gone.add(name);
                returned.add(name);
            }
        }
    }

    private void learn(String name, @Nullable String value) {
        if (value != null) {
            learned.put(name, value);
        }
    }

    /** The value at this index; null for SQL's null. */
    private static @Nullable String text(ByteBuf buf, int at) {
        int length = buf.getInt(at);
        return length < 0 ? null : RawText.read(buf, at + 4, at + 4 + length);
    }

    /** The same of a parameter. */
    private @Nullable String value(ByteBuf buf, int at) {
        String text = text(buf, at);
        return text == null || !asked.asBytes() ? text : RawText.unhex(text);
    }

    private static int behind(ByteBuf buf, int at) {
        return at + 4 + Math.max(0, buf.getInt(at));
    }

    @Override
    public void onUnasked(MessageCursor in) {
        in.forward();
        x.toClient.run(in.takeRun());
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        // if the server ends from here on, the link is told
        server.enter(link);
        if (error != null) {
            failed(error, status);
            return;
        }
        ParameterRegistry registry = link.parameterRegistry();
        server.parametersBecame(registry.with(registry.without(server.parameters(), gone), learned));
        x.pins.found(found);
        if ((asked.listed() || !asked.settings().isEmpty())
                && server.parameters().isTemporaryPath()) {
            // the statement that set it may have been followed by another one
            x.pins.mayHaveMadeTemporary(x.rules);
        }
        LinkedClient client = x.client;
        SessionParameters wanted = client == null ? null : wanted(client);
        if (!x.expected.isEmpty()) {
            // the client has gone on, and may have changed more: another look, when that is answered
            x.pins.resetAgain(asked.resets());
        }
        link.onAsked(status);
        link.onInspected(wanted);
    }

    /** A parameter that was reset returns to what the client began with, which may not be the server's default. */
    private SessionParameters wanted(LinkedClient client) {
        SessionParameters startup = client.startupParameters();
        SessionParameters target = server.parameters();
        for (String name : returned) {
            String value = startup.get(name);
            if (value != null && !value.equals(server.parameters().get(name))) {
                target = link.parameterRegistry().with(target, name, value);
            }
        }
        return target;
    }

    private void failed(ErrorFields error, TransactionStatus status) {
        if (error.sqlState().equals(QUERY_CANCELED) && x.expected.isEmpty() && cancelled++ < MOST_CANCELLED) {
            learned.clear();
            link.ask(this, List.of(LIFTING_THE_LIMIT + question));
            x.toServer.flush();
            return;
        }
        if (error.sqlState().equals(QUERY_CANCELED) && !x.expected.isEmpty()) {
            // the client has gone on: another look, when that is answered
            x.pins.askAgain(asked.settings(), asked.resets(), asked.listed());
        } else {
            x.pins.unanswered(!asked.settings().isEmpty() || asked.wantsList());
        }
        link.onAsked(status);
        link.onInspected(null);
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        link.onClosed(reason, lastError);
    }

    @Override
    public void onReadComplete() {
        link.onReadComplete();
    }

    @Override
    public void onWritable() {
        link.onWritable();
    }
}
