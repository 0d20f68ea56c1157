package dev.pgpool.core.internal.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.util.Objects;

/** What the host reads of a connection. A reference to it keeps the socket from being collected. */
final class CallerInput extends InputStream {
    private final CallerSocket socket;
    private final Crossing crossing;

    CallerInput(CallerSocket socket, Crossing crossing) {
        this.socket = socket;
        this.crossing = crossing;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (socket.isInputShut()) {
            return -1;
        }
        try {
            return crossing.toCaller().read(into, offset, length, socket.getSoTimeout());
        } finally {
            // a socket that a thread reads from is not lost
            Reference.reachabilityFence(socket);
        }
    }

    @Override
    public int available() throws IOException {
        return socket.isInputShut() ? 0 : crossing.toCaller().available();
    }

    @Override
    public void close() {
        socket.close();
    }
}
