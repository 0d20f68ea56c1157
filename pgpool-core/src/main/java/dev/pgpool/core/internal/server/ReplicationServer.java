package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.transport.Outbox;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.stats.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Phase: a walsender, of one client as long as it lives. What it sends is passed on as it comes, without being read; when
 * the client takes no more, it is not read from.
 */
public final class ReplicationServer implements ServerPhase {
    /** The client at the other end. */
    public interface Peer {
        /** What goes to the client. */
        Outbox out();

        /** The server takes data again. */
        void onServerWritable();

        /** The server is gone; everything that it sent has been passed on. */
        void onServerClosed();
    }

    private final ServerConnection server;
    private final Peer peer;

    private ReplicationServer(ServerConnection server, Peer peer) {
        this.server = server;
        this.peer = peer;
    }

    /** From now on the server is this client's. */
    public static void begin(ServerConnection server, Peer peer) {
        server.enter(new ReplicationServer(server, peer));
    }

    @Override
    public void onMessages(MessageCursor in) {
        while (in.next()) {
            in.forward();
        }
        peer.out().run(in.takeRun());
        if (!peer.out().isWritable()) {
            server.readable(false);
        }
    }

    @Override
    public void onReadComplete() {
        peer.out().flush();
    }

    @Override
    public void onWritable() {
        peer.onServerWritable();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        peer.onServerClosed();
    }
}
