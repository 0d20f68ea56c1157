package dev.pgpool.core.internal.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.util.Objects;

/** What the host writes to a connection. A reference to it keeps the socket from being collected. */
final class CallerOutput extends OutputStream {
    private final CallerSocket socket;
    private final Crossing crossing;

    CallerOutput(CallerSocket socket, Crossing crossing) {
        this.socket = socket;
        this.crossing = crossing;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        try {
            crossing.toPooler().write(bytes, offset, length, socket.getSoTimeout());
        } finally {
            Reference.reachabilityFence(socket);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
