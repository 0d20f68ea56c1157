package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
     */
    static Contender start(String name, int port, boolean keepsStatements, List<String> command) throws IOException {
        Path output = Files.createTempFile(name, ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new Contender(name, port, keepsStatements, process, output);
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    boolean supports(String mode) {
        return keepsStatements || !mode.equals("prepared");
    }

    boolean isAccounted() {
        return process != null;
    }

    ProcessUsage usage() {
        return process == null ? ProcessUsage.NONE : ProcessUsage.of(process.pid());
    }

    long residentBytes() {
        return process == null ? 0 : ProcessUsage.residentBytes(process.pid());
    }

    /**
     * Has a JVM give up its garbage, so that its resident memory is that of what lives. Does nothing for other programs,
     * which have none.
     */
    void collectGarbage() throws IOException, InterruptedException {
        if (process == null || !isJava()) {
            return;
        }
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process collection = new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (collection.waitFor() != 0) {
            throw new IllegalStateException(jcmd + " could not have " + name + " collect its garbage");
        }
    }

    private boolean isJava() {
        return process != null
                && process.info()
                        .command()
                        .filter(command -> command.endsWith("java"))
                        .isPresent();
    }

    /** Waits until clients can log in. */
    void awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!RawClient.canLogIn(port)) {
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
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
