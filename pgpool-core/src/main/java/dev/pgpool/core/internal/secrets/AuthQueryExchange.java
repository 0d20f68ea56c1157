package dev.pgpool.core.internal.secrets;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The server answers one auth query, in the extended protocol with the user as a bound parameter. The answer is
 * complete with the ReadyForQuery; until then nothing of it counts.
 */
public final class AuthQueryExchange implements ServerQuery.Outcome {
    /** What a password of the longest kind takes, see PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH, and the user with it. */
    private static final int MAX_ROW = 80_000;

    private static final int COLUMNS = 2;

    /** One row of the answer. */
    public record Row(@Nullable String user, @Nullable String secret) {
        @Override
        public String toString() {
            return "Row[user=" + user + ", secret=<redacted>]";
        }
    }

    /** How it ends; exactly one call, on the server's event loop. */
    public interface Outcome {
        /** The server is ready for the next. No row means that there is no such user. */
        void onAnswer(@Nullable Row row);

        /** The query failed, or answered something else than it should; the server is ready for the next. */
        void onProblem(String problem);

        /** The connection is gone. */
        void onClosed(String problem);
    }

    private final ServerConnection server;
    private final Outcome outcome;
    private @Nullable Row row;
    private @Nullable String problem;
    private int rows;
    private boolean described;

    public AuthQueryExchange(ServerConnection server, Outcome outcome) {
        this.server = server;
        this.outcome = outcome;
    }

    /** Sends the query and listens for its answer. */
    public void send(String query, String user) {
        ByteBuf out = server.out().space();
        // text, its end, no parameter types
        byte[] text = (query + "\0\0\0").getBytes(StandardCharsets.UTF_8);
        FrontendWriter.parse(out, new byte[0], text, text.length);
        FrontendWriter.bindText(out, user);
        FrontendWriter.describePortal(out);
        // a second row is one too many
        FrontendWriter.execute(out, 2);
        FrontendWriter.sync(out);
        ServerQuery.listen(server, this);
        server.out().flush();
    }

    @Override
    public void onHeader(MessageCursor in) {
        in.requireAtMost(MAX_ROW);
        switch (in.type()) {
            case BackendType.COPY_IN_RESPONSE, BackendType.COPY_OUT_RESPONSE, BackendType.COPY_BOTH_RESPONSE ->
                throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "the auth query is a COPY");
            default -> {
                // taken, or dropped
            }
        }
    }

    @Override
    public boolean wants(MessageCursor in) {
        return true;
    }

    @Override
    public void onError(ErrorFields error) {
        note(error.message() + " (SQLSTATE " + error.sqlState() + ")");
    }

    @Override
    public void onColumns(MessageCursor in) {
        int columns = in.bodyLength() < 2 ? 0 : in.buffer().getUnsignedShort(in.bodyIndex());
        described = true;
        if (columns != COLUMNS) {
            note("the query answers " + columns + " columns (expected: 2, the user and the secret)");
        }
    }

    @Override
    public void onRow(MessageCursor in) {
        rows++;
        if (rows > 1) {
            note("the query answers more than one row (expected: at most 1)");
        } else if (problem == null) {
            ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
            if (body.readableBytes() < 2 || body.readUnsignedShort() != COLUMNS) {
                throw malformed();
            }
            String user = value(body);
            String secret = value(body);
            row = new Row(user, secret);
        }
    }

    private static @Nullable String value(ByteBuf body) {
        if (body.readableBytes() < 4) {
            throw malformed();
        }
        int length = body.readInt();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > body.readableBytes()) {
            throw malformed();
        }
        return body.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    private static WireViolation malformed() {
        return new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed DataRow");
    }

    private void note(String what) {
        if (problem == null) {
            problem = what;
        }
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        if (problem == null && !described) {
            note("the query answers no rows at all (expected: 2 columns, the user and the secret)");
        }
        String wrong = problem;
        if (wrong != null) {
            outcome.onProblem(wrong);
        } else {
            outcome.onAnswer(row);
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        String known = problem != null ? problem : lastError == null ? null : lastError.message();
        outcome.onClosed("the connection ended (" + reason.label() + ")" + (known == null ? "" : ": " + known));
    }
}
