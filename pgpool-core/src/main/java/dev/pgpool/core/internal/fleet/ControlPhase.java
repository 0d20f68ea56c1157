package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerPhase;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Phase: a control session, from its login to its end. One query at a time, and notifications at any time. Confined to its
 * event loop.
 */
final class ControlPhase implements ServerPhase {
    private static final int MAX_ROW = 10_000;

    /** Who hears what the server says. */
    interface Listener {
        void onNotification(int pid, String payload);

        /** The query is answered. */
        void onRows(List<List<String>> rows, @Nullable ErrorFields error);

        void onClosed(String why);
    }

    private final ServerConnection server;
    private final Listener listener;
    private final List<List<String>> rows = new ArrayList<>();
    private @Nullable ErrorFields error;

    ControlPhase(ServerConnection server, Listener listener) {
        this.server = server;
        this.listener = listener;
    }

    /** Sends a query; the answer to the one before must have come. */
    void send(String sql) {
        rows.clear();
        error = null;
        FrontendWriter.query(server.out().space(), sql);
        server.out().flush();
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            in.requireAtMost(MAX_ROW);
            if (!in.isComplete()) {
                return;
            }
            switch (in.type()) {
                case BackendType.DATA_ROW -> rows.add(row(in));
                case BackendType.PARAMETER_STATUS -> server.onParameterStatus(in);
                case BackendType.ERROR_RESPONSE -> error = server.onErrorResponse(in);
                case BackendType.NOTIFICATION_RESPONSE -> {
                    ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
                    int pid = body.readInt();
                    text(body);
                    listener.onNotification(pid, text(body));
                }
                case BackendType.READY_FOR_QUERY -> {
                    in.skip();
                    listener.onRows(List.copyOf(rows), error);
                    continue;
                }
                default -> {
                    // nothing that is needed
                }
            }
            in.skip();
        }
    }

    private static String text(ByteBuf body) {
        int length = body.bytesBefore((byte) 0);
        if (length < 0) {
            throw malformed();
        }
        String text = body.readCharSequence(length, StandardCharsets.UTF_8).toString();
        body.skipBytes(1);
        return text;
    }

    private static List<String> row(MessageCursor in) {
        ByteBuf body = in.buffer().slice(in.bodyIndex(), in.bodyLength());
        int columns = body.readableBytes() < 2 ? 0 : body.readUnsignedShort();
        List<String> row = new ArrayList<>(columns);
        for (int i = 0; i < columns; i++) {
            int length = body.readableBytes() < 4 ? Integer.MAX_VALUE : body.readInt();
            if (length > body.readableBytes()) {
                throw malformed();
            }
            row.add(
                    length < 0
                            ? ""
                            : body.readCharSequence(length, StandardCharsets.UTF_8)
                                    .toString());
        }
        return row;
    }

    private static WireViolation malformed() {
        return new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed message on a control connection");
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        listener.onClosed(lastError == null ? reason.label() : lastError.message());
    }
}
