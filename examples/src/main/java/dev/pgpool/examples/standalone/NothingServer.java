package dev.pgpool.examples.standalone;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server that knows PostgreSQL's protocol and has no data: each query has one row of one number. It listens on a free
 * port of this machine; each connection has a thread.
 */
final class NothingServer implements AutoCloseable {
    private static final int LEAST = 8;
    private static final int MOST = 10_000;

    private static final byte[] ROW_DESCRIPTION = message('T', "\0\1n\0\0\0\0\0\0\0\0\0\0\27\0\4\377\377\377\377\0\0");
    private static final byte[] ROW = message('D', "\0\1\0\0\0\1" + "1");
    private static final byte[] COMPLETE = message('C', "SELECT 1\0");
    private static final byte[] READY = message('Z', "I");

    private final ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    NothingServer() throws IOException {
        thread(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "pgpool-warm-up-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                connections.add(connection);
                thread(() -> serve(connection));
            } catch (IOException e) {
                // closed: so it ends
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(new BufferedInputStream(connection.getInputStream()));
            OutputStream out = connection.getOutputStream();
            body(in, in.readInt());
            out.write(greeting());
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            int type;
            while ((type = in.read()) != -1 && type != 'X') {
                body(in, in.readInt());
                answer(type, answer);
                if (type == 'Q' || type == 'S') {
                    answer.writeTo(out);
                    answer.reset();
                }
            }
        } catch (IOException e) {
            // the other side has gone, or this one is closed
        } finally {
            connections.remove(connection);
        }
    }

    private static void answer(int type, ByteArrayOutputStream out) throws IOException {
        switch (type) {
            case 'Q' -> {
                out.write(ROW_DESCRIPTION);
                out.write(ROW);
                out.write(COMPLETE);
                out.write(READY);
            }
            case 'P' -> out.write(message('1', ""));
            case 'B' -> out.write(message('2', ""));
            case 'C' -> out.write(message('3', ""));
            case 'D' -> out.write(ROW_DESCRIPTION);
            case 'E' -> {
                out.write(ROW);
                out.write(COMPLETE);
            }
            case 'S' -> out.write(READY);
            default -> {
                // nothing to say
            }
        }
    }

    private static byte[] greeting() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(message('R', "\0\0\0\0"));
        for (String parameter : new String[] {
            "server_version\00018.0", "client_encoding\0UTF8", "DateStyle\0ISO, MDY", "TimeZone\0UTC",
            "standard_conforming_strings\0on", "integer_datetimes\0on", "server_encoding\0UTF8",
                    "IntervalStyle\0postgres",
            "application_name\0", "is_superuser\0off", "session_authorization\0nobody", "in_hot_standby\0off",
            "default_transaction_read_only\0off", "search_path\0public", "scram_iterations\0004096"
        }) {
            out.write(message('S', parameter + "\0"));
        }
        out.write(message('K', "\0\0\0\1\0\0\0\2"));
        out.write(READY);
        return out.toByteArray();
    }

    private static void body(DataInputStream in, int length) throws IOException {
        if (length < Integer.BYTES || length > MOST + LEAST) {
            throw new IOException("length " + length);
        }
        in.skipNBytes(length - Integer.BYTES);
    }

    private static byte[] message(char type, String body) {
        return Messages.of(type, body);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
