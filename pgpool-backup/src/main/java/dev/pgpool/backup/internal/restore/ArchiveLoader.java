package dev.pgpool.backup.internal.restore;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.BackupManifest;
import dev.pgpool.backup.DumpFormat;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.internal.dump.ChildProcess;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.Redactor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs pg_restore (or psql for plain dumps) on an archive: from a pipe with one job, or with several from a file, since they
 * need to seek. The whole archive is read in either case, even if the program needs only part of it, so that its digest is
 * always compared.
 */
public final class ArchiveLoader {

    private static final int COPY_BYTES = 128 * 1024;
    private static final int MAX_TEXT = 2000;

    private final ArchiveSource source;
    private final ClientTools tools;
    private final ScheduledExecutorService timer;
    private final Path spool;
    private final Duration limit;

    /**
     * A loader.
     *
     * @param spool directory for archives that have to be files
     * @param limit for one call of a program
     */
    public ArchiveLoader(
            ArchiveSource source, ClientTools tools, ScheduledExecutorService timer, Path spool, Duration limit) {
        this.source = source;
        this.tools = tools;
        this.timer = timer;
        this.spool = spool;
        this.limit = limit;
    }

    /**
     * Reads the archive to its end without a server.
     *
     * @throws BackupException with VERIFY_FAILED
     */
    public void readThrough(BackupManifest manifest) {
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            readPlain(manifest);
            return;
        }
        List<String> command = new ArrayList<>(tools.restore());
        command.addAll(List.of(
                "--file=/dev/null", "--format=" + manifest.tool().format().flag()));
        pipe(manifest, command, Map.of(), FailureReason.VERIFY_FAILED, new Redactor(List.of()));
    }

    private void readPlain(BackupManifest manifest) {
        byte[] tail = new byte[1024];
        int length = 0;
        try (InputStream in = source.open(manifest, manifest.data())) {
            byte[] chunk = new byte[COPY_BYTES];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                int kept = Math.min(n, tail.length);
                int old = Math.min(length, tail.length - kept);
                System.arraycopy(tail, length - old, tail, 0, old);
                System.arraycopy(chunk, n - kept, tail, old, kept);
                length = old + kept;
            }
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED, manifest.data().key() + ": " + e.getMessage(), e);
        }
        String end = new String(tail, 0, length, java.nio.charset.StandardCharsets.UTF_8);
        if (!end.contains("PostgreSQL database dump complete")) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    manifest.data().key() + ": does not end with \"PostgreSQL database dump complete\"");
        }
    }

    /**
     * Restores into a database.
     *
     * @param options additional ones of pg_restore; those psql does not know are left out for plain dumps
     * @return warnings
     * @throws BackupException with RESTORE_FAILED, or VERIFY_FAILED if the archive is damaged
     */
    public List<String> load(
            BackupManifest manifest,
            PgServer server,
            String database,
            int jobs,
            List<String> options,
            String application) {
        Map<String, String> environment = tools.environmentFor(server, application);
        Redactor redactor = tools.redactor(server);
        List<String> where = List.of(
                "--no-password",
                "--host=" + server.host(),
                "--port=" + server.port(),
                "--username=" + server.user(),
                "--dbname=" + tools.connection(database));
        if (manifest.tool().format() == DumpFormat.PLAIN) {
            List<String> command = new ArrayList<>(tools.psql());
            command.addAll(List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"));
            options.stream().filter("--single-transaction"::equals).forEach(command::add);
            command.addAll(where);
            return pipe(manifest, command, environment, FailureReason.RESTORE_FAILED, redactor);
        }
        List<String> command = new ArrayList<>(tools.restore());
        command.addAll(List.of(
                "--exit-on-error", "--format=" + manifest.tool().format().flag()));
        command.addAll(options);
        command.addAll(where);
        if (jobs == 1 || manifest.tool().format() != DumpFormat.CUSTOM) {
            return pipe(manifest, command, environment, FailureReason.RESTORE_FAILED, redactor);
        }
        command.add("--jobs=" + jobs);
        return fromFile(manifest, command, environment, redactor);
    }

    private List<String> fromFile(
            BackupManifest manifest, List<String> command, Map<String, String> environment, Redactor redactor) {
        Path file = null;
        try {
            file = Files.createTempFile(
                    Files.createDirectories(spool),
                    "pgpool-backup-",
                    ".dump",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (InputStream in = source.open(manifest, manifest.data());
                    OutputStream out = Files.newOutputStream(file)) {
                in.transferTo(out);
            }
            List<String> full = new ArrayList<>(command);
            full.add(file.toString());
            try (ChildProcess child = ChildProcess.start(full, environment, redactor, line -> {}, tools.grace())) {
                child.stdin().close();
                return finish(child, FailureReason.RESTORE_FAILED, deadline(child));
            }
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED, "archive as a file in " + spool + ": " + e.getMessage(), e);
        } finally {
            delete(file);
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new BackupException(FailureReason.RESTORE_FAILED, "cannot delete " + file, e);
            }
        }
    }

    private record Deadline(ScheduledFuture<?> task, AtomicBoolean passed) {}

    private Deadline deadline(ChildProcess child) {
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

    private List<String> pipe(
            BackupManifest manifest,
            List<String> command,
            Map<String, String> environment,
            FailureReason reason,
            Redactor redactor) {
        try (InputStream in = source.open(manifest, manifest.data());
                ChildProcess child = ChildProcess.start(command, environment, redactor, line -> {}, tools.grace())) {
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

    private List<String> finish(ChildProcess child, FailureReason reason, Deadline deadline) {
        try {
            int status = child.waitFor();
            deadline.task().cancel(false);
            if (deadline.passed().get()) {
                throw new BackupException(reason, child.name() + ": not finished within " + limit);
            }
            if (status != 0) {
                String text = child.stderrText();
                throw new BackupException(
                        reason,
                        child.name() + ": exit status " + status + ": "
                                + (text.length() > MAX_TEXT ? text.substring(text.length() - MAX_TEXT) : text));
            }
            return child.warnings();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while waiting for " + child.name(), e);
        }
    }
}
