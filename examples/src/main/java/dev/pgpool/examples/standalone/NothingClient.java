package dev.pgpool.examples.standalone;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A client that asks for nothing in particular, in each of the ways that drivers do. Blocks. */
final class NothingClient implements AutoCloseable {
    private static final int PROTOCOL_3_0 = 3 << 16;
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final String SQL = "SELECT abalance FROM pgbench_accounts WHERE aid = 1";

    private static final byte[] SIMPLE = message('Q', SQL + ";\0");
    private static final byte[] EXTENDED = together(
            message('P', "\0" + SQL + "\0\0\0"),
            message('B', "\0\0\0\0\0\0\0\0"),
            message('D', "P\0"),
            message('E', "\0\0\0\0\0"),
            message('S', ""));
    private static final byte[] PREPARE = together(message('P', "s1\0" + SQL + "\0\0\0"), message('S', ""));
    private static final byte[] PREPARED = together(
            message('B', "\0s1\0\0\0\0\0\0\0"), message('D', "P\0"), message('E', "\0\0\0\0\0"), message('S', ""));
    private static final byte[] GOODBYE = message('X', "");

    /** Requests to be made one after the other: the statement is prepared first. */
    static final List<byte[]> REQUESTS =
            List.of(PREPARE, SIMPLE, EXTENDED, PREPARED, SIMPLE, EXTENDED, PREPARED, SIMPLE, EXTENDED, PREPARED);

    private final Socket socket = new Socket();
    private final DataInputStream in;

    NothingClient(int port, String user) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1_024));
            byte[] parameters = ("user\0" + user + "\0database\0warm\0application_name\0warm\0\0")
                    .getBytes(StandardCharsets.ISO_8859_1);
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(packet);
            data.writeInt(parameters.length + 2 * Integer.BYTES);
            data.writeInt(PROTOCOL_3_0);
            data.write(parameters);
            ask(packet.toByteArray());
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends, and reads until the server is ready again. */
    void ask(byte[] request) throws IOException {
        socket.getOutputStream().write(request);
        int type;
        do {
            type = in.readUnsignedByte();
            in.skipNBytes(in.readInt() - Integer.BYTES);
            if (type == 'E') {
                throw new IOException("an error was answered");
            }
        } while (type != 'Z');
    }

    @Override
    public void close() throws IOException {
        try (socket) {
            socket.getOutputStream().write(GOODBYE);
        }
    }

    private static byte[] together(byte[]... messages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] message : messages) {
            out.writeBytes(message);
        }
        return out.toByteArray();
    }

    private static byte[] message(char type, String body) {
        return Messages.of(type, body);
    }
}
