package dev.pgpool.core.internal.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A query of the pooler's own ends once, gathers what its outcome wants, and holds nothing else. */
class ServerQueryTest {
    private static final ErrorFields ERROR = new ErrorFields("ERROR", "42601", "syntax error", null, null);
    private static final ErrorFields FATAL = new ErrorFields("FATAL", "57P01", "terminating", null, null);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ServerConnection server =
            LoggedIn.begin(channel, new ParameterRegistry(), 0, new NoHome(), ready -> {});
    private final Recorded outcome = new Recorded();

    @BeforeEach
    void login() {
        serverSays(out -> {
            BackendWriter.authenticationOk(out);
            BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
        });
        sent();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void severalQueriesEndWithTheLastOneAndTellTheErrorOfAnyOfThem() {
        ServerQuery.send(server, List.of("first", "second"), outcome);
        serverSays(out -> {
            BackendWriter.errorResponse(out, ERROR);
            BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
        });
        assertThat(outcome.calls).containsExactly("error 42601");

        serverSays(out -> BackendWriter.readyForQuery(out, TransactionStatus.IN_TRANSACTION));

        assertThat(outcome.calls).containsExactly("error 42601", "done 42601 IN_TRANSACTION");
    }

    @Test
    void outcomeThatClosesTheServerHearsNothingMore() {
        outcome.whenDone = () -> server.close(CloseReason.SERVER_DIRTY);
        ServerQuery.send(server, "query", outcome);

        serverSays(out -> BackendWriter.readyForQuery(out, TransactionStatus.IDLE));

        assertThat(server.isClosed()).isTrue();
        assertThat(outcome.calls).containsExactly("done null IDLE");
    }

    @Test
    void connectionThatEndsBeforeTheAnswerIsToldOnceWithTheServersWords() {
        ServerQuery.send(server, "query", outcome);
        serverSays(out -> BackendWriter.errorResponse(out, FATAL));

        channel.close();
        server.close(CloseReason.SHUTDOWN);

        assertThat(outcome.calls).containsExactly("error 57P01", "closed SERVER_CLOSED 57P01");
    }

    @Test
    void wantedRowIsHandedOverWhole() {
        outcome.wantsRows = true;
        ServerQuery.send(server, "query", outcome);

        serverSays(out -> out.writeByte(BackendType.DATA_ROW).writeInt(4 + 6).writeBytes(new byte[2]));
        assertThat(outcome.calls).isEmpty();
        serverSays(out -> out.writeBytes(new byte[4]));

        assertThat(outcome.calls).containsExactly("row of 6");
    }

    @Test
    void rowThatIsNotWantedIsDroppedAsItComes() {
        ServerQuery.send(server, "query", outcome);

        serverSays(
                out -> out.writeByte(BackendType.DATA_ROW).writeInt(4 + 50_000).writeBytes(new byte[20_000]));
        assertThat(server.isDrained()).as("nothing of the row is held").isTrue();
        serverSays(out -> {
            out.writeBytes(new byte[30_000]);
            BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
        });

        assertThat(outcome.calls).containsExactly("done null IDLE");
    }

    @Test
    void copyIntoTheServerIsFailedAtTheEndOfTheRead() {
        ServerQuery.send(server, "query", outcome);
        server.out().flush();
        sent();

        serverSays(out ->
                out.writeByte(BackendType.COPY_IN_RESPONSE).writeInt(4 + 3).writeBytes(new byte[3]));

        assertThat(sent()).startsWith("f");
        assertThat(outcome.calls).isEmpty();
    }

    private void serverSays(Consumer<ByteBuf> message) {
        ByteBuf bytes = Unpooled.buffer();
        message.accept(bytes);
        channel.writeInbound(bytes);
    }

    /** What was flushed to the server since the last call. */
    private String sent() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            all.append(bytes.toString(US_ASCII));
            bytes.release();
        }
        return all.toString();
    }

    private static final class Recorded implements ServerQuery.Outcome {
        final List<String> calls = new ArrayList<>();
        boolean wantsRows;
        Runnable whenDone = () -> {};

        @Override
        public boolean wants(MessageCursor in) {
            return wantsRows;
        }

        @Override
        public void onRow(MessageCursor row) {
            calls.add("row of " + row.bodyLength());
        }

        @Override
        public void onError(ErrorFields error) {
            calls.add("error " + error.sqlState());
        }

        @Override
        public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
            calls.add("done " + (error == null ? null : error.sqlState()) + " " + status);
            whenDone.run();
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
            calls.add("closed " + reason + " " + (lastError == null ? null : lastError.sqlState()));
        }
    }

    private static final class NoHome implements ServerHome {
        @Override
        public void onReleased(ServerConnection server) {
            // no pool takes it
        }

        @Override
        public void onGone(ServerConnection server, CloseReason reason) {
            // no pool misses it
        }
    }
}
