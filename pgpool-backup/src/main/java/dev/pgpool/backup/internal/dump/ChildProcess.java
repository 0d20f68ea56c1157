package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A client program as a child: with an environment of nothing but what it needs, stderr drained, and an end that always
 * comes. Children that are alive when the JVM shuts down are ended by a hook.
 */
public final class ChildProcess implements AutoCloseable {

    private static final int MAX_CAPTURED = 64 * 1024;

    /** A variable by which all that came from a child is known, also what outlived its parent. */
    private static final String COOKIE = "PGPOOL_BACKUP_CHILD";

    private final List<String> command;
    private final Process process;
    private final StderrTail stderr;
    private final Thread stderrThread;
    private final Thread shutdownHook;
    private final Duration grace;
    private final String cookie;

    private ChildProcess(
            List<String> command,
            String cookie,
            Process process,
            Redactor redactor,
            Consumer<String> progress,
            Consumer<String> lines,
            Duration grace) {
        this.command = command;
        this.cookie = cookie;
        this.process = process;
        this.grace = grace;
        this.stderr = new StderrTail(process.getErrorStream(), redactor, progress, lines);
        this.stderrThread = new Thread(stderr, "pgpool-backup-stderr-" + process.pid());
        stderrThread.setDaemon(true);
        stderrThread.start();
        this.shutdownHook = new Thread(() -> endTree(Duration.ofSeconds(2)), "pgpool-backup-end-" + process.pid());
        addHook();
    }

    private void addHook() {
        try {
            Runtime.getRuntime().addShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            endTree(Duration.ofSeconds(2));
            throw new BackupException(FailureReason.CANCELLED, "the JVM is shutting down", e);
        }
    }

    /**
     * Starts a program.
     *
     * @param command program and arguments, none of them secret
     * @param environment all of the child's environment but PATH, which is inherited
     * @param redactor takes secrets out of stderr
     * @param progress gets lines of {@code --verbose}
     * @param grace between asking the child to end and killing it
     */
    public static ChildProcess start(
            List<String> command,
            Map<String, String> environment,
            Redactor redactor,
            Consumer<String> progress,
            Duration grace) {
        return start(command, environment, redactor, progress, line -> {}, grace);
    }

    /**
     * The same, with every line of stderr, redacted, given to a listener.
     *
     * @param lines gets each line in its order, on the thread that reads stderr
     */
    public static ChildProcess start(
            List<String> command,
            Map<String, String> environment,
            Redactor redactor,
            Consumer<String> progress,
            Consumer<String> lines,
            Duration grace) {
        ProcessBuilder builder = new ProcessBuilder(command);
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("PATH", path == null ? "/usr/local/bin:/usr/bin:/bin" : path);
        // Messages are parsed, so they must not be translated.
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        String cookie = UUID.randomUUID().toString();
        builder.environment().put(COOKIE, cookie);
        requirePassable(command, environment, argumentCharset());
        try {
            return new ChildProcess(command, cookie, builder.start(), redactor, progress, lines, grace);
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.TOOL_MISSING,
                    "cannot start \"" + command.get(0) + "\": " + e.getMessage()
                            + " (expected: PostgreSQL's client programs on PATH, for example Debian's package"
                            + " postgresql-client, or a command prefix that reaches them)",
                    e);
        }
    }

    private static Charset argumentCharset() {
        String name = System.getProperty("sun.jnu.encoding", "UTF-8");
        return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
    }

    /** Java puts a question mark in place of what it cannot pass on: another database would be meant, or another password. */
    static void requirePassable(List<String> command, Map<String, String> environment, Charset charset) {
        CharsetEncoder encoder = charset.newEncoder();
        String what = command.stream()
                .filter(argument -> !encoder.canEncode(argument))
                .findFirst()
                .map(argument -> "the argument " + argument)
                .or(() -> environment.entrySet().stream()
                        .filter(variable -> !encoder.canEncode(variable.getValue()))
                        .findFirst()
                        .map(variable -> "the value of " + variable.getKey()))
                .orElse(null);
        if (what != null) {
            throw new BackupException(
                    FailureReason.PREFLIGHT,
                    "cannot pass " + what + " to \"" + command.get(0) + "\": this JVM passes text on in " + charset
                            + " (expected: UTF-8, as in a JVM that is started with LC_ALL=C.UTF-8)");
        }
    }

    /** Runs a program that prints little, and returns its stdout. */
    public static String capture(List<String> command, Map<String, String> environment, Duration limit) {
        try (ChildProcess child =
                start(command, environment, new Redactor(environment.values()), line -> {}, Duration.ofSeconds(1))) {
            child.stdin().close();
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            Thread reading = new Thread(() -> readHead(child.stdout(), head), "pgpool-backup-stdout-" + child.pid());
            reading.setDaemon(true);
            reading.start();
            if (!child.process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new BackupException(FailureReason.TOOL_MISSING, command + ": no answer within " + limit);
            }
            reading.join(limit.toMillis());
            child.stderrThread.join(limit.toMillis());
            String printed;
            synchronized (head) {
                printed = head.toString(StandardCharsets.UTF_8);
            }
            return printed.isBlank() ? child.stderrText() : printed;
        } catch (IOException e) {
            throw new BackupException(FailureReason.TOOL_MISSING, command + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, command + ": interrupted", e);
        }
    }

    private static void readHead(InputStream stdout, ByteArrayOutputStream head) {
        byte[] chunk = new byte[8192];
        try {
            for (int n = stdout.read(chunk); n >= 0; n = stdout.read(chunk)) {
                synchronized (head) {
                    head.write(chunk, 0, Math.min(n, MAX_CAPTURED - Math.min(MAX_CAPTURED, head.size())));
                }
            }
        } catch (IOException e) {
            // The child was ended; what it said until then is there.
            return;
        }
    }

    /** The child's stdout. */
    public InputStream stdout() {
        return process.getInputStream();
    }

    /** The child's stdin. */
    public OutputStream stdin() {
        return process.getOutputStream();
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    /** The program's name for messages. */
    public String name() {
        return command.get(0);
    }

    /** Waits for the end and for the last of stderr. */
    public int waitFor() throws InterruptedException {
        int status = process.waitFor();
        // A grandchild may hold stderr open for ever; what it writes then is no longer of interest.
        stderrThread.join(TimeUnit.SECONDS.toMillis(5));
        return status;
    }

    /** True while the child runs. */
    public boolean alive() {
        return process.isAlive();
    }

    /** The last of stderr, redacted. */
    public String stderrText() {
        return stderr.text();
    }

    /** Warnings on stderr, redacted. */
    public List<String> warnings() {
        return stderr.warnings();
    }

    /** Ends the child and all its descendants: asked first, after the grace time forced. */
    public void end() {
        endTree(grace);
    }

    private void endTree(Duration patience) {
        // Taken before the parent ends: afterwards its children are no longer its descendants.
        List<ProcessHandle> tree = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        tree.forEach(ProcessHandle::destroy);
        long deadline = System.nanoTime() + patience.toNanos();
        for (ProcessHandle handle : tree) {
            long left = Math.max(0, deadline - System.nanoTime());
            try {
                handle.onExit().get(left, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                handle.destroyForcibly();
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                handle.descendants().forEach(ProcessHandle::destroyForcibly);
                handle.destroyForcibly();
            }
        }
        endOrphans();
    }

    /**
     * A process whose parent has ended is no descendant of the child any more, but it holds the pipes open: the threads that read
     * them would wait without end. It is found by the environment it inherited, where the system shows that.
     */
    private void endOrphans() {
        String mark = COOKIE + "=" + cookie;
        ProcessHandle.allProcesses()
                .filter(handle -> environment(handle.pid()).contains(mark))
                .forEach(ProcessHandle::destroyForcibly);
    }

    private static String environment(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // A process of another user, one that has ended meanwhile, or a system without /proc.
            return "";
        }
    }

    /** Ends the child if it is alive, and forgets it. Idempotent. */
    @Override
    public void close() {
        if (process.isAlive()) {
            end();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down and runs the hook itself.
            return;
        }
    }
}
