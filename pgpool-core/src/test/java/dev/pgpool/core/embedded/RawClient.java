package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPostgres;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;

/** A client of the same process that reads as much as it is told to, and keeps nothing. */
final class RawClient implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** A client that is logged in. */
    static RawClient login(PgPool pool) throws IOException {
        RawClient client = new RawClient(pool.socketFactory().createSocket());
        client.send(
                Frontend.startup(Frontend.PROTOCOL_3_0, "user", TestPostgres.USER, "database", TestPostgres.DATABASE));
        client.skipUntil('Z');
        return client;
    }

    void send(byte[] message) throws IOException {
        socket.getOutputStream().write(message);
    }

    /** Reads messages until one of this type has come, and tells the length of its body. */
    int skipUntil(char type) throws IOException {
        while (true) {
            int seen = in.readUnsignedByte();
            int length = in.readInt() - 4;
            in.skipNBytes(length);
            if (seen == type) {
                return length;
            }
            assertThat((char) seen).as("while waiting for %s", type).isNotEqualTo('E');
        }
    }

    /** Reads a message's head, and leaves its body: the type and the length. */
    int head(char type) throws IOException {
        assertThat((char) in.readUnsignedByte()).isEqualTo(type);
        return in.readInt() - 4;
    }

    void skip(int bytes) throws IOException {
        in.skipNBytes(bytes);
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
