package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.fixture.ChildJvm;
import dev.pgpool.core.fixture.WireClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Members of a fleet in a process of their own, with clients whose load comes and goes. Two lines are understood: a question
 * mark, to which it says how many transactions the clients have had, and {@code load N}, from which on N clients of each
 * member have something to do.
 */
final class FleetProcess implements AutoCloseable {
    private static final int CLIENTS = 12;

    private final Process process;

    /** @param members how many poolers there are in the process */
    FleetProcess(int port, String role, int bound, int members) throws IOException {
        process = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx128m",
                        "-Xss512k",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FleetProcess.class.getName(),
                        String.valueOf(port),
                        role,
                        String.valueOf(bound),
                        String.valueOf(members)))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void signal(String name) throws IOException, InterruptedException {
        if (process.isAlive()) {
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    /** From now on so many clients of each member have something to do. */
    void load(int clients) throws IOException {
        say("load " + clients);
    }

    /** Transactions so far; waits for the process to answer. */
    long done() throws IOException {
        say("?");
        String line = ChildJvm.nextLine(process);
        while (line != null && !line.startsWith("done ")) {
            line = ChildJvm.nextLine(process);
        }
        return line == null ? -1 : Long.parseLong(line.substring(5));
    }

    private void say(String line) throws IOException {
        process.outputWriter().write(line + "\n");
        process.outputWriter().flush();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    // ---- in the process itself

    private static final AtomicLong DONE = new AtomicLong();
    private static volatile int load;

    /** The process itself; ends with its parent. */
    public static void main(String[] args) {
        ChildJvm.run(() -> run(args));
    }

    private static void run(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        int bound = Integer.parseInt(args[2]);
        for (int i = 0; i < Integer.parseInt(args[3]); i++) {
            PgPool pool = member(port, args[1], bound);
            for (int k = 0; k < CLIENTS; k++) {
                int number = k;
                Thread client = new Thread(() -> work(pool, number));
                client.setDaemon(true);
                client.start();
            }
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("load ")) {
                load = Integer.parseInt(line.substring(5));
            } else {
                System.out.println("done " + DONE.get());
            }
        }
    }

    private static PgPool member(int port, String role, int bound) {
        PgPool pool = PgPool.builder()
                .listen("127.0.0.1", 0)
                .eventLoops(1)
                .clientAuthentication(ClientAuthentication.TRUST)
                .database(
                        "app",
                        db -> db.host("127.0.0.1")
                                .port(port)
                                .user(role)
                                .maxConnections(bound)
                                .maxParallelConnects(4)
                                .connectTimeout(Duration.ofSeconds(2))
                                .connectRetryDelay(Duration.ofMillis(200))
                                .fleet(fleet -> fleet.name("chaos").maxServerConnections(bound)))
                .build();
        pool.start();
        return pool;
    }

    private static void work(PgPool pool, int number) {
        while (true) {
            try (WireClient client = WireClient.login(pool.address(), "someone", "app")) {
                while (true) {
                    work(client, number);
                }
            } catch (RuntimeException | AssertionError | InterruptedException e) {
                // the server is gone: the next one will do
                Thread.onSpinWait();
            }
        }
    }

    private static void work(WireClient client, int number) throws InterruptedException {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (number < load) {
            // now and then one that outlives its process
            double seconds = random.nextInt(40) == 0 ? 3 : 0.01 + random.nextDouble() * 0.06;
            client.run("select pg_sleep(" + seconds + ")");
            DONE.incrementAndGet();
        } else {
            Thread.sleep(20);
        }
    }
}
