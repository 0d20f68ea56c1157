package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Something that clients can connect to instead of PostgreSQL, or PostgreSQL itself: a name, a port, a process. */
final class Contender implements AutoCloseable {
    private static final long STOP_SECONDS = 10;

    private final String name;
    private final int port;
    private final boolean keepsStatements;
    private final @Nullable Process process;
    private final @Nullable Path output;

    private Contender(
            String name, int port, boolean keepsStatements, @Nullable Process process, @Nullable Path output) {
        this.name = name;
        this.port = port;
        this.keepsStatements = keepsStatements;
        this.process = process;
        this.output = output;
    }

    /** PostgreSQL itself, which is neither accounted nor stopped. */
    static Contender direct(int port) {
        return new Contender("direct", port, true, null, null);
    }

    /**
     * Starts a process.
     *
     * @param keepsStatements whether prepared statements work through it
     * @param environment what is added to this process' own
     */
    static Contender start(
            String name, int port, boolean keepsStatements, Map<String, String> environment, List<String> command)
            throws IOException {
        Path output = Files.createTempFile(name, ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        return new Contender(name, port, keepsStatements, process, output);
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    /** Of the process that was started. */
    long pid() {
        if (process == null) {
            throw new IllegalStateException(name + " was not started here");
        }
        return process.pid();
    }

    boolean supports(String mode) {
        return keepsStatements || !mode.equals("prepared");
    }

    boolean isAccounted() {
        return process != null;
    }

    ProcessUsage usage() {
        return processes().map(each -> ProcessUsage.of(each.pid())).reduce(ProcessUsage.NONE, ProcessUsage::plus);
    }

    long residentBytes() {
        return processes()
                .mapToLong(each -> ProcessUsage.residentBytes(each.pid()))
                .sum();
    }

    /** A launcher and what it has launched are one. */
    private Stream<ProcessHandle> processes() {
        return process == null ? Stream.of() : Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    /**
     * Has a JVM give up its garbage, so that its resident memory is that of what lives. Does nothing for other programs,
     * which have none.
     */
    void collectGarbage() throws IOException, InterruptedException {
        for (ProcessHandle java : processes().filter(Contender::isJava).toList()) {
            Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
            Process collection = new ProcessBuilder(jcmd.toString(), Long.toString(java.pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (collection.waitFor() != 0) {
                throw new IllegalStateException(jcmd + " could not have " + name + " collect its garbage");
            }
        }
    }

    /** Whether it gets faster with time. */
    boolean isJava() {
        return processes().anyMatch(Contender::isJava);
    }

    private static boolean isJava(ProcessHandle process) {
        return process.info()
                .command()
                .filter(command -> command.endsWith("java"))
                .isPresent();
    }

    /** Waits until clients can log in. */
    void awaitReady(BooleanSupplier canLogIn) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!canLogIn.getAsBoolean()) {
            if (process != null && !process.isAlive()) {
                throw new IllegalStateException(
                        name + " ended with status " + process.exitValue() + "; its output: " + output);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(name + " does not let clients in on port " + port);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
        List<ProcessHandle> all = processes().toList();
        all.forEach(ProcessHandle::destroy);
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                all.forEach(ProcessHandle::destroyForcibly);
            }
        } catch (InterruptedException e) {
            all.forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }
}
