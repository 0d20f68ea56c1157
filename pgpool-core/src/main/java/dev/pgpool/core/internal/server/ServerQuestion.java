package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks an idle server for one value. A server that refuses is as good as before; one that does not answer in time is closed. Confined
 * to the event loop of the server.
 */
public final class ServerQuestion implements ServerQuery.Outcome {
    private final ServerConnection server;
    private final Consumer<@Nullable String> answer;
    private final Runnable passed;
    private @Nullable String value;
    private final AnswerDeadline deadline;

    private ServerQuestion(
            ServerConnection server, Duration timeout, Consumer<@Nullable String> answer, Runnable passed) {
        this.server = server;
        this.answer = answer;
        this.passed = passed;
        this.deadline = AnswerDeadline.begin(server, timeout, CloseReason.SERVER_CHECK_FAILED);
    }

    /**
     * Asks.
     *
     * @param answer gets the first column of the last row, or null if there is none, once and before {@code passed}
     * @param passed called on the server's event loop, with the server idle again, unless it is closed
     */
    public static void begin(
            ServerConnection server, String sql, Duration timeout, Consumer<@Nullable String> answer, Runnable passed) {
        ServerQuestion question = new ServerQuestion(server, timeout, answer, passed);
        ServerQuery.send(server, sql, question);
        server.out().flush();
    }

    @Override
    public boolean wants(MessageCursor in) {
        return in.type() == BackendType.DATA_ROW;
    }

    @Override
    public void onRow(MessageCursor row) {
        ByteBuf body = row.buffer().slice(row.bodyIndex(), row.bodyLength());
        // the number of columns, and the length of the first one
        boolean hasValue = body.readableBytes() >= 6 && body.readUnsignedShort() > 0;
        int length = hasValue ? body.readInt() : -1;
        value = length < 0 || length > body.readableBytes()
                ? null
                : body.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        deadline.end();
        answer.accept(error == null ? value : null);
        if (status != TransactionStatus.IDLE) {
            server.close(CloseReason.SERVER_CHECK_FAILED);
        } else {
            server.becameIdle();
            passed.run();
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        deadline.end();
        answer.accept(null);
    }
}
