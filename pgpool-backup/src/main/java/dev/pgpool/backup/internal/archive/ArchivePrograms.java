package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.internal.dump.ChildProcess;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.Redactor;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Runs pg_restore or psql on an archive, from a pipe or from a file, within a time limit. The whole archive is read from a pipe
 * even if the program needs only part of it, so that its digest is always compared.
 */
final class ArchivePrograms {

    static final int COPY_BYTES = 128 * 1024;
    static final int MAX_TEXT = 2000;

    private final ArchiveSource source;
    private final ClientTools tools;
    private final ScheduledExecutorService timer;
    private final Duration limit;

    ArchivePrograms(ArchiveSource source, ClientTools tools, ScheduledExecutorService timer, Duration limit) {
        this.source = source;
        this.tools = tools;
        this.timer = timer;
        this.limit = limit;
    }

    /**
     * A program to be called.
     *
     * @param command with its arguments
     * @param environment with the secrets
     * @param redactor that knows the secrets
     */
    record Call(List<String> command, Map<String, String> environment, Redactor redactor) {}

    record Deadline(ScheduledFuture<?> task, AtomicBoolean passed) {}

    Deadline deadline(ChildProcess child) {
        AtomicBoolean passed = new AtomicBoolean();
        ScheduledFuture<?> task = timer.schedule(
                () -> {
                    passed.set(true);
                    Thread ending = new Thread(child::end, "pgpool-backup-deadline");
                    ending.setDaemon(true);
                    ending.start();
                },
                limit.toMillis(),
                TimeUnit.MILLISECONDS);
        return new Deadline(task, passed);
    }

    /** How a program ended. */
    record Ending(String program, int status, String text, List<String> warnings) {}

    Ending pipe(BackupManifest manifest, Call call, Consumer<String> lines, boolean restricted, FailureReason reason) {
        try (InputStream data = source.open(manifest, manifest.data());
                InputStream in = restricted ? new RestrictedScript(data) : data;
                ChildProcess child = ChildProcess.start(
                        call.command(), call.environment(), call.redactor(), line -> {}, lines, tools.grace())) {
            Deadline deadline = deadline(child);
            try {
                feed(in, child);
            } catch (IOException | RuntimeException e) {
                deadline.task().cancel(false);
                child.end();
                throw e;
            }
            return finish(child, reason, deadline);
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED, manifest.data().key() + ": " + e.getMessage(), e);
        }
    }

    private static void feed(InputStream in, ChildProcess child) throws IOException {
        byte[] chunk = new byte[COPY_BYTES];
        OutputStream stdin = child.stdin();
        boolean listening = true;
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            if (listening) {
                listening = write(stdin, chunk, n);
            }
        }
        if (listening) {
            close(stdin);
        }
    }

    /** False once the program does not listen any more; whether that is an error is for its exit status to say. */
    private static boolean write(OutputStream stdin, byte[] chunk, int length) {
        try {
            stdin.write(chunk, 0, length);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void close(OutputStream stdin) {
        try {
            stdin.close();
        } catch (IOException e) {
            // The same broken pipe as above: the exit status decides.
            return;
        }
    }

    Ending finish(ChildProcess child, FailureReason reason, Deadline deadline) {
        try {
            int status = child.waitFor();
            deadline.task().cancel(false);
            if (deadline.passed().get()) {
                throw new BackupException(reason, child.name() + ": not finished within " + limit);
            }
            String text = child.stderrText();
            return new Ending(
                    child.name(),
                    status,
                    text.length() > MAX_TEXT ? text.substring(text.length() - MAX_TEXT) : text,
                    child.warnings());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while waiting for " + child.name(), e);
        }
    }

    Ending onFile(Path file, Call call, LoadErrors errors) throws IOException {
        List<String> full = new ArrayList<>(call.command());
        full.add(file.toString());
        try (ChildProcess child =
                ChildProcess.start(full, call.environment(), call.redactor(), line -> {}, errors, tools.grace())) {
            child.stdin().close();
            return finish(child, FailureReason.RESTORE_FAILED, deadline(child));
        }
    }
}
