package dev.pgpool.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A server that answers simple queries with one row and costs next to nothing: it looks at the headers of messages only. A
 * daemon thread for each connection.
 */
final class InstantServer implements AutoCloseable {
    /** To each query. */
    static final byte[] ANSWER = together(
            message('T', "\0\1n\0\0\0\0\0\0\0\0\0\0\27\0\4\377\377\377\377\0\0"),
            message('D', "\0\1\0\0\0\0011"),
            message('C', "SELECT 1\0"),
            message('Z', "I"));

    private static final byte[] GREETING = together(
            message('R', "\0\0\0\0"),
            message('S', "server_version\00018.0\0"),
            message('S', "client_encoding\0UTF8\0"),
            message('S', "standard_conforming_strings\0on\0"),
            message('K', "\0\0\0\1\0\0\0\2"),
            message('Z', "I"));

    private static final int HEADER = 5;
    private static final int READ_BYTES = 1 << 16;

    private final ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());

    InstantServer() throws IOException {
        thread(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "instant-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                thread(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            DataInputStream startup = new DataInputStream(connection.getInputStream());
            startup.skipNBytes(startup.readInt() - Integer.BYTES);
            connection.getOutputStream().write(GREETING);
            answer(connection);
        } catch (IOException closed) {
            // by the pooler
        }
    }

    private static void answer(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        ByteBuffer read = ByteBuffer.allocate(READ_BYTES);
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        int count;
        while ((count = in.read(read.array(), read.position(), read.remaining())) > 0) {
            read.limit(read.position() + count).rewind();
            while (read.remaining() >= HEADER && read.remaining() > read.getInt(read.position() + 1)) {
                if (read.get(read.position()) == 'Q') {
                    answers.writeBytes(ANSWER);
                }
                read.position(read.position() + 1 + read.getInt(read.position() + 1));
            }
            read.compact();
            answers.writeTo(connection.getOutputStream());
            answers.reset();
        }
    }

    /** A message with a body of bytes, each a char up to 255. */
    static byte[] message(char type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(HEADER + bytes.length)
                .put((byte) type)
                .putInt(Integer.BYTES + bytes.length)
                .put(bytes)
                .array();
    }

    private static byte[] together(byte[]... messages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] message : messages) {
            out.writeBytes(message);
        }
        return out.toByteArray();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
