package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.admin.AdminConsole;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.internal.wire.WireViolation;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Phase: an operator at the console. Each command is answered before the next one is read, and none is read while the operator
 * does not take the answers.
 */
final class ConsolePhase implements ClientPhase {
    /** No command is longer. */
    private static final int MAX_QUERY = 64 * 1_024;

    private static final Map<String, String> PARAMETERS = parameters();

    private final ClientSession session;
    private final AdminConsole console;
    private final boolean owner;
    private final int protocolMinor;
    private AdminConsole.@Nullable Running running;
    /** A batch of the extended protocol was refused, and has not ended yet. */
    private boolean skipping;

    /** @param owner whether it is proven that the operator runs this process */
    ConsolePhase(ClientSession session, AdminConsole console, boolean owner, int protocolMinor) {
        this.session = session;
        this.console = console;
        this.owner = owner;
        this.protocolMinor = protocolMinor;
    }

    /** What PgBouncer says; tools look at the version to tell a console from a server. */
    private static Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("server_version", "1.25.2/bouncer");
        parameters.put("client_encoding", "UTF8");
        parameters.put("server_encoding", "UTF8");
        parameters.put("DateStyle", "ISO");
        parameters.put("TimeZone", "GMT");
        parameters.put("standard_conforming_strings", "on");
        parameters.put("is_superuser", "on");
        return parameters;
    }

    void begin() {
        ByteBuf out = session.out().space();
        BackendWriter.authenticationOk(out);
        PARAMETERS.forEach((name, value) -> BackendWriter.parameterStatus(out, name, value));
        LoginEnd.tell(session, protocolMinor, out);
        session.out().flush();
        session.atConsole();
        session.readable(true);
        session.resume();
    }

    @Override
    public boolean isConsole() {
        return true;
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        while (running == null && !s.isClosed() && s.out().isWritable() && in.next()) {
            byte type = in.type();
            if (skipping && type != FrontendType.SYNC && type != FrontendType.TERMINATE) {
                in.skip();
                continue;
            }
            switch (type) {
                case FrontendType.QUERY -> {
                    in.requireAtMost(MAX_QUERY);
                    if (!in.isComplete()) {
                        return;
                    }
                    int end = MessageReader.requireEndOfString(in.buffer(), in.bodyIndex(), in.bodyEnd(), "query");
                    String sql = MessageReader.text(in.buffer(), in.bodyIndex(), end);
                    in.skip();
                    run(sql);
                }
                case FrontendType.TERMINATE -> s.close(CloseReason.CLIENT_CLOSED, false);
                case FrontendType.PARSE,
                        FrontendType.BIND,
                        FrontendType.EXECUTE,
                        FrontendType.DESCRIBE,
                        FrontendType.CLOSE,
                        FrontendType.FUNCTION_CALL -> {
                    refuse(type);
                    in.skip();
                }
                case FrontendType.SYNC -> {
                    in.skip();
                    skipping = false;
                    BackendWriter.readyForQuery(s.out().space(), TransactionStatus.IDLE);
                    s.out().flush();
                }
                // nothing is held back, and PostgreSQL ignores what comes of a COPY that there is not
                case FrontendType.FLUSH, FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL ->
                    in.skip();
                default ->
                    throw new WireViolation(
                            PoolerError.CLIENT_PROTOCOL_VIOLATION,
                            "message type " + (type & 0xff) + " at the admin console");
            }
        }
    }

    /** Says no; what follows is ignored up to the next Sync. */
    private void refuse(byte type) {
        ByteBuf out = session.out().space();
        BackendWriter.errorResponse(out, PoolerError.CONSOLE_NEEDS_SIMPLE_QUERIES.plain());
        if (type == FrontendType.FUNCTION_CALL) {
            BackendWriter.readyForQuery(out, TransactionStatus.IDLE);
        } else {
            skipping = true;
        }
        session.out().flush();
    }

    private void run(String sql) {
        // rights may have been taken away since
        String user = session.identity().user();
        OperatorRights rights = OperatorRights.of(session.services().config().admin(), user, owner);
        if (rights == OperatorRights.NONE) {
            session.fail(PoolerError.CONSOLE_REFUSED.with(user), CloseReason.CLIENT_LOGIN_FAILED);
            return;
        }
        EventLoop loop = session.connection().eventLoop();
        AdminConsole.Running begun = console.run(
                sql, rights == OperatorRights.ADMIN, session.connection().alloc());
        running = begun;
        begun.answer().thenAccept(answer -> {
            if (loop.inEventLoop()) {
                answered(answer);
            } else {
                loop.execute(() -> answered(answer));
            }
        });
    }

    private void answered(ByteBuf answer) {
        running = null;
        if (session.isClosed()) {
            answer.release();
            return;
        }
        session.out().run(answer);
        BackendWriter.readyForQuery(session.out().space(), TransactionStatus.IDLE);
        session.out().flush();
        session.readable(true);
        session.resume();
    }

    @Override
    public void onWritable(ClientSession s) {
        s.readable(true);
        s.resume();
    }

    @Override
    public void onClosed() {
        AdminConsole.Running command = running;
        if (command != null) {
            command.leave().run();
        }
    }

    @Override
    public void onCancel(ClientSession s, Runnable dealtWith) {
        AdminConsole.Running command = running;
        if (command != null) {
            command.cancel().run();
        }
        dealtWith.run();
    }

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        throw new IllegalStateException("the console has no server");
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        throw new IllegalStateException("the console wants no server");
    }
}
