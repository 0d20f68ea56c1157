package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Phase: no client uses the server. What it says now is for us: parameters that the administrator changed are remembered,
 * notices and notifications go to no client, and anything else means that the server is not what we think it is.
 */
final class IdleServer implements ServerPhase {
    private final ServerConnection server;

    IdleServer(ServerConnection server) {
        this.server = server;
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            switch (in.type()) {
                case BackendType.PARAMETER_STATUS -> {
                    in.requireSmall();
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onParameterStatus(in);
                    if (server.isClosed()) {
                        return;
                    }
                    in.skip();
                }
                case BackendType.NOTICE_RESPONSE, BackendType.NOTIFICATION_RESPONSE -> in.skip();
                case BackendType.ERROR_RESPONSE -> {
                    if (!in.isComplete()) {
                        return;
                    }
                    server.onErrorResponse(in);
                    server.close(CloseReason.SERVER_CLOSED);
                    return;
                }
                default -> {
                    server.close(CloseReason.SERVER_DIRTY);
                    return;
                }
            }
        }
    }

    @Override
    public boolean isIdle() {
        return true;
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // its home hears of it; no client is concerned
    }
}
