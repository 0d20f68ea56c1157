package dev.pgpool.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.benchmarks.PoolerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the pooler asks of the kernel for each transaction of pgbench, counted by strace: two sends and two receives, and less
 * than a wait where traffic is dense. Nothing else belongs on the way of a message.
 */
class SystemCallsLiveIT {
    private static final int CLIENTS = 8;
    private static final int TRANSACTIONS = 2_000;
    private static final Set<String> SENDS = Set.of("sendto", "sendmsg", "write", "writev");
    private static final Set<String> RECEIVES = Set.of("recvfrom", "recvmsg", "read", "readv");
    private static final Set<String> WAITS = Set.of("epoll_wait", "epoll_pwait", "epoll_pwait2");
    private static final Set<String> CHANGES = Set.of("epoll_ctl", "timerfd_settime");

    @TempDir
    Path directory;

    @Test
    void aTransactionIsTwoSendsAndTwoReceives() throws Exception {
        Certificates certificates = Certificates.make();
        try (BenchPostgres postgres = BenchPostgres.start(certificates)) {
            PgBench pgBench = new PgBench(1, Setup.PLAIN.clientEnvironment(certificates));
            pgBench.createTables(postgres.port());
            int port = Lineup.freePort();
            try (Contender pooler = Contender.start("pgpool", port, true, Map.of(), command(port, postgres.port()))) {
                pooler.awaitReady(() -> RawClient.canLogIn(port));
                pgBench.perSecond(port, CLIENTS, TRANSACTIONS);

                Map<String, Integer> calls = counted(pooler.pid(), pgBench, port);

                assertThat(perTransaction(calls, SENDS)).as("sends: %s", calls).isBetween(1.9, 2.5);
                assertThat(perTransaction(calls, RECEIVES))
                        .as("receives: %s", calls)
                        .isBetween(1.9, 2.8);
                // each may find one message only where the machine is so busy that the traffic is thin
                assertThat(perTransaction(calls, WAITS)).as("waits: %s", calls).isLessThan(2.5);
                assertThat(perTransaction(calls, CHANGES))
                        .as("changes: %s", calls)
                        .isLessThan(0.2);
            }
        }
    }

    private static List<String> command(int port, int serverPort) {
        return Stream.of(
                        Stream.of(Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString()),
                        PoolerProcess.JVM_ARGS.stream(),
                        Stream.of(
                                "-cp",
                                System.getProperty("java.class.path"),
                                PoolerProcess.class.getName(),
                                Integer.toString(port),
                                Integer.toString(serverPort),
                                "20"))
                .flatMap(words -> words)
                .toList();
    }

    private static double perTransaction(Map<String, Integer> calls, Set<String> names) {
        return (double) names.stream()
                        .mapToInt(name -> calls.getOrDefault(name, 0))
                        .sum()
                / TRANSACTIONS;
    }

    private Map<String, Integer> counted(long pid, PgBench pgBench, int port) throws IOException, InterruptedException {
        Path summary = directory.resolve("summary");
        Process strace = new ProcessBuilder("strace", "-f", "-c", "-o", summary.toString(), "-p", Long.toString(pid))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("strace.log").toFile())
                .start();
        try {
            await().atMost(Duration.ofMinutes(1)).until(() -> isTraced(pid));
            pgBench.perSecond(port, CLIENTS, TRANSACTIONS);
        } finally {
            strace.destroy();
        }
        strace.waitFor();
        return read(summary);
    }

    private static boolean isTraced(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return threads.allMatch(SystemCallsLiveIT::isThreadTraced);
        }
    }

    private static boolean isThreadTraced(Path thread) {
        try {
            return Files.readAllLines(thread.resolve("status")).stream()
                    .noneMatch(line -> line.matches("TracerPid:\\s+0"));
        } catch (IOException e) {
            // it has ended
            return true;
        }
    }

    /** Lines of time, seconds, microseconds, calls, sometimes errors, name. */
    private static Map<String, Integer> read(Path summary) throws IOException {
        Map<String, Integer> calls = new HashMap<>();
        for (String line : Files.readAllLines(summary)) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 5 && words[3].matches("\\d+")) {
                calls.put(words[words.length - 1], Integer.parseInt(words[3]));
            }
        }
        return calls;
    }
}
