package dev.pgpool.benchmarks.compare;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A client of few bytes: logs in without a password over TCP, sends simple queries, sends Terminate. Thousands of them
 * fit into this process, and none spends much of the machine that is being measured.
 */
final class RawClient implements Closeable {
    private static final int PROTOCOL_3_0 = 3 << 16;
    private static final byte[] TERMINATE = {'X', 0, 0, 0, 4};
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket;
    private final DataInputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1024));
    }

    static RawClient logIn(int port) throws IOException {
        return logIn(connect(port));
    }

    /** Encrypted, without a look at the certificate. */
    static RawClient logInByTls(int port) throws IOException {
        return logIn(TrustingTls.over(connect(port), port));
    }

    private static RawClient logIn(Socket socket) throws IOException {
        try {
            RawClient client = new RawClient(socket);
            socket.getOutputStream().write(startup());
            client.readUntilReady();
            return client;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A connection that says nothing. */
    static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    static boolean canLogIn(int port) {
        try (RawClient client = logIn(port)) {
            client.query("SELECT 1");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static boolean canConnect(int port) {
        try (Socket socket = connect(port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    void query(String sql) throws IOException {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(message);
        out.writeByte('Q');
        out.writeInt(text.length + 5);
        out.write(text);
        out.writeByte(0);
        socket.getOutputStream().write(message.toByteArray());
        readUntilReady();
    }

    @Override
    public void close() throws IOException {
        try (socket) {
            socket.getOutputStream().write(TERMINATE);
        }
    }

    private void readUntilReady() throws IOException {
        while (true) {
            int type = in.readUnsignedByte();
            byte[] body = in.readNBytes(in.readInt() - 4);
            if (type == 'E') {
                throw new IOException(new String(body, StandardCharsets.UTF_8).replace('\0', ' '));
            }
            if (type == 'Z') {
                return;
            }
        }
    }

    private static byte[] startup() throws IOException {
        byte[] parameters = ("user\0" + BenchPostgres.USER + "\0database\0" + BenchPostgres.DATABASE + "\0\0")
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(packet);
        out.writeInt(parameters.length + 8);
        out.writeInt(PROTOCOL_3_0);
        out.write(parameters);
        return packet.toByteArray();
    }
}
