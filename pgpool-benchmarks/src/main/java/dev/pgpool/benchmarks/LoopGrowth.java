package dev.pgpool.benchmarks;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.TlsMode;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a second event loop brings where the pooler is what saturates: clients that send many queries at once, before a server
 * that costs next to nothing, all in one process. One loop and two, in turns; prints a table in markdown.
 */
public final class LoopGrowth {
    private static final int CLIENTS = 16;
    private static final int SERVERS = 8;
    private static final int AT_ONCE = 100;
    private static final long SECOND = 1_000_000_000L;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final LongAdder answered = new LongAdder();
    private final String query;
    private volatile boolean over;

    private LoopGrowth(String query) {
        this.query = query;
    }

    /** Arguments: rounds, seconds of each, and numbers that a query lists, all of which a loop has to look at; 5, 4 and 1 without. */
    public static void main(String[] args) throws Exception {
        // as many as are asked for, from the beginning
        System.setProperty("pgpool.loops", "all");
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 4;
        int numbers = args.length > 2 ? Integer.parseInt(args[2]) : 1;
        String query = "SELECT n FROM nothing WHERE n IN (1" + ", 1".repeat(numbers - 1) + ")";
        System.out.println("| loops | queries/s | cores of the loops | of clients and servers | loops' CPU µs/query |");
        System.out.println("|--:|--:|--:|--:|--:|");
        for (int round = 0; round < rounds; round++) {
            for (int loops = 1; loops <= 2; loops++) {
                new LoopGrowth(query).measure(loops, seconds);
            }
        }
    }

    private void measure(int loops, int seconds) throws Exception {
        String name = "loops" + loops;
        List<Thread> clients = new ArrayList<>();
        try (InstantServer server = new InstantServer();
                PgPool pool = PgPool.builder()
                        .name(name)
                        .listen("127.0.0.1", 0)
                        .clientAuthentication(ClientAuthentication.TRUST)
                        .database(
                                "app",
                                db -> db.host("127.0.0.1")
                                        .port(server.port())
                                        .maxConnections(SERVERS)
                                        .tls(tls -> tls.mode(TlsMode.DISABLE)))
                        .eventLoops(loops)
                        .build()) {
            pool.start();
            for (int i = 0; i < CLIENTS; i++) {
                Thread client = new Thread(() -> ask(pool.address().getPort()), "client");
                client.start();
                clients.add(client);
            }
            // the compiler comes to rest
            Thread.sleep(seconds * 1_000L);
            long queries = answered.sum();
            long loopNanos = cpu(name + "-loop");
            long otherNanos = cpu("client") + cpu("instant-server");
            long start = System.nanoTime();
            Thread.sleep(seconds * 1_000L);
            double elapsed = System.nanoTime() - start;
            queries = answered.sum() - queries;
            loopNanos = cpu(name + "-loop") - loopNanos;
            otherNanos = cpu("client") + cpu("instant-server") - otherNanos;
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %.0f | %.2f | %.2f | %.3f |%n",
                    loops,
                    queries * (double) SECOND / elapsed,
                    loopNanos / elapsed,
                    otherNanos / elapsed,
                    loopNanos / 1_000.0 / queries);
            over = true;
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    private static long cpu(String prefix) {
        long nanos = 0;
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith(prefix)) {
                nanos += Math.max(0, THREADS.getThreadCpuTime(thread.getThreadId()));
            }
        }
        return nanos;
    }

    private void ask(int port) {
        ByteArrayOutputStream queries = new ByteArrayOutputStream();
        for (int i = 0; i < AT_ONCE; i++) {
            queries.writeBytes(InstantServer.message('Q', query + '\0'));
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream().write(startup());
            int type;
            do {
                type = in.readUnsignedByte();
                in.skipNBytes(in.readInt() - Integer.BYTES);
            } while (type != 'Z');
            while (!over) {
                socket.getOutputStream().write(queries.toByteArray());
                in.skipNBytes((long) AT_ONCE * InstantServer.ANSWER.length);
                answered.add(AT_ONCE);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] startup() {
        byte[] parameters = "user\0app\0database\0app\0\0".getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(2 * Integer.BYTES + parameters.length)
                .putInt(2 * Integer.BYTES + parameters.length)
                .putInt(3 << 16)
                .put(parameters)
                .array();
    }
}
