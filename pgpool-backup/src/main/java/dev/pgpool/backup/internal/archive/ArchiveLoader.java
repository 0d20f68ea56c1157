package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.dump.ChildProcess;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.DumpCommand;
import dev.pgpool.backup.internal.dump.Redactor;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
        List<String> command = ClientTools.command(
                tools.restore(),
                List.of(
                        "--file=/dev/null",
                        "--format=" + manifest.tool().format().flag()));
        Ending ending = pipe(
                manifest, command, Map.of(), new Redactor(List.of()), line -> {}, false, FailureReason.VERIFY_FAILED);
        if (ending.status() != 0) {
            throw new BackupException(
                    FailureReason.VERIFY_FAILED,
                    ending.program() + ": exit status " + ending.status() + ": " + ending.text());
        }
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
     * @return what came of it
     * @throws BackupException with RESTORE_FAILED, VERIFY_FAILED if the archive is damaged, RESTORE_REFUSED or
     *     VERSION_MISMATCH if nothing was begun
     */
    public LoadPlan.Loaded load(BackupManifest manifest, LoadTarget into, LoadPlan plan) {
        boolean plain = manifest.tool().format() == DumpFormat.PLAIN;
        Map<String, String> environment =
                tools.environmentFor(into.server(), into.sessions().applicationName());
        Redactor redactor = tools.redactor(into.server());
        // Of a plain dump, what is left on stderr then are errors, in whatever language.
        List<String> where = into.arguments(tools, plain);
        if (plain) {
            return loadPlain(manifest, where, environment, redactor, plan);
        }
        LoadErrors errors = new LoadErrors();
        Path list = listFile(plan.entries());
        try {
            List<String> command = restoreCommand(manifest.tool().format(), plan, where, list);
            if (!plan.outOfOrder() && (plan.jobs() == 1 || manifest.tool().format() != DumpFormat.CUSTOM)) {
                Ending ending =
                        pipe(manifest, command, environment, redactor, errors, false, FailureReason.RESTORE_FAILED);
                return loaded(ending, errors, plan);
            }
            if (plan.jobs() > 1) {
                command.add("--jobs=" + plan.jobs());
            }
            return loaded(fromFile(manifest, command, environment, redactor, errors), errors, plan);
        } finally {
            delete(list);
        }
    }

    /**
     * Dumps a database into a file of the spool directory, which the caller deletes.
     *
     * @throws BackupException with RESTORE_FAILED
     */
    public Path dump(DumpCommand dump, SessionGroup sessions) {
        Path file = null;
        boolean whole = false;
        try {
            file = spoolFile(".dump");
            try (ChildProcess child = ChildProcess.start(
                            ClientTools.command(tools.dump(), tools.dumpArguments(dump, sessions.applicationName())),
                            tools.environmentFor(dump.server(), sessions.applicationName()),
                            tools.redactor(dump.server()),
                            line -> {},
                            tools.grace());
                    OutputStream out = Files.newOutputStream(file)) {
                Deadline deadline = deadline(child);
                child.stdin().close();
                child.stdout().transferTo(out);
                Ending ending = finish(child, FailureReason.RESTORE_FAILED, deadline);
                if (ending.status() != 0) {
                    throw failed(ending, "exit status " + ending.status() + ": " + ending.text());
                }
            }
            whole = true;
            return file;
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED, "archive as a file in " + spool + ": " + e.getMessage(), e);
        } finally {
            if (!whole) {
                delete(file);
            }
        }
    }

    /** Restores from such a file. */
    public LoadPlan.Loaded loadFile(Path file, LoadTarget into, LoadPlan plan) {
        LoadErrors errors = new LoadErrors();
        Path list = listFile(plan.entries());
        try {
            List<String> command = restoreCommand(DumpFormat.CUSTOM, plan, into.arguments(tools, false), list);
            Ending ending = onFile(
                    file,
                    command,
                    tools.environmentFor(into.server(), into.sessions().applicationName()),
                    tools.redactor(into.server()),
                    errors);
            return loaded(ending, errors, plan);
        } catch (IOException e) {
            throw new BackupException(FailureReason.RESTORE_FAILED, file + ": " + e.getMessage(), e);
        } finally {
            delete(list);
        }
    }

    private List<String> restoreCommand(DumpFormat format, LoadPlan plan, List<String> where, @Nullable Path list) {
        List<String> arguments = new ArrayList<>(List.of("--format=" + format.flag()));
        arguments.addAll(plan.arguments());
        arguments.addAll(where);
        List<String> command = ClientTools.command(tools.restore(), arguments);
        if (list != null) {
            command.add("--use-list=" + list);
        }
        return command;
    }

    /** What a plain dump can be asked for: all of it. */
    public static void requireWhole(LoadPlan plan) {
        if (!plan.options().everything()
                || !plan.entries().isEmpty()
                || !plan.extra().isEmpty()) {
            throw new BackupException(
                    FailureReason.RESTORE_REFUSED,
                    "the backup is a plain dump, of which nothing can be left out (expected: a restore of everything)");
        }
    }

    private LoadPlan.Loaded loadPlain(
            BackupManifest manifest,
            List<String> where,
            Map<String, String> environment,
            Redactor redactor,
            LoadPlan plan) {
        requireWhole(plan);
        RestrictedScript.requireRestrictable(tools);
        List<String> arguments = new ArrayList<>(List.of("--no-psqlrc", "--quiet", "--output=/dev/null"));
        arguments.add("--set=ON_ERROR_STOP=" + (plan.strict() ? 1 : 0));
        if (plan.singleTransaction()) {
            arguments.add("--single-transaction");
        }
        arguments.addAll(where);
        arguments.add("--file=-");
        List<String> command = ClientTools.command(tools.psql(), arguments);
        LoadErrors errors = new LoadErrors();
        Ending ending = pipe(manifest, command, environment, redactor, errors, true, FailureReason.RESTORE_FAILED);
        return loaded(ending, errors, plan);
    }

    /** Whether what pg_restore or psql said, at its end, is what the plan allows. */
    private static LoadPlan.Loaded loaded(Ending ending, LoadErrors errors, LoadPlan plan) {
        boolean ran = ending.status() == 0 || (ending.status() == 1 && errors.finished());
        if (!ran || (plan.strict() && ending.status() != 0)) {
            throw failed(ending, "exit status " + ending.status() + ": " + ending.text());
        }
        if (errors.connectionLost()) {
            throw failed(ending, "the connection was lost: " + ending.text());
        }
        int tolerable = errors.otherCount() + (plan.superuser() ? errors.forbiddenCount() : 0);
        if (tolerable > plan.options().toleratedErrors()) {
            throw failed(
                    ending,
                    tolerable + " errors (expected: at most "
                            + plan.options().toleratedErrors() + "): "
                            + String.join("; ", errors.others().isEmpty() ? errors.forbidden() : errors.others()));
        }
        List<String> tolerated = new ArrayList<>(errors.others());
        if (plan.superuser()) {
            tolerated.addAll(errors.forbidden());
        }
        List<String> leftOut = new ArrayList<>();
        if (!plan.superuser()) {
            leftOut.addAll(errors.forbidden());
            if (errors.forbiddenCount() > leftOut.size()) {
                leftOut.add("and " + (errors.forbiddenCount() - leftOut.size()) + " more");
            }
        }
        return new LoadPlan.Loaded(ending.warnings(), leftOut, tolerated, tolerable);
    }

    private static BackupException failed(Ending ending, String what) {
        return new BackupException(
                FailureReason.RESTORE_FAILED,
                ending.program() + ": "
                        + (what.length() > MAX_TEXT
                                ? what.substring(0, 100) + " ... " + what.substring(what.length() - MAX_TEXT)
                                : what));
    }

    private @Nullable Path listFile(List<Integer> entries) {
        if (entries.isEmpty()) {
            return null;
        }
        try {
            Path file = spoolFile(".list");
            Files.writeString(
                    file, entries.stream().map(id -> id + ";\n").collect(java.util.stream.Collectors.joining()));
            return file;
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED, "list of entries in " + spool + ": " + e.getMessage(), e);
        }
    }

    private Path spoolFile(String suffix) throws IOException {
        return Files.createTempFile(
                Files.createDirectories(spool),
                "pgpool-backup-",
                suffix,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private Ending fromFile(
            BackupManifest manifest,
            List<String> command,
            Map<String, String> environment,
            Redactor redactor,
            LoadErrors errors) {
        Path file = null;
        try {
            file = spoolFile(".dump");
            try (InputStream in = source.open(manifest, manifest.data());
                    OutputStream out = Files.newOutputStream(file)) {
                in.transferTo(out);
            }
            return onFile(file, command, environment, redactor, errors);
        } catch (IOException e) {
            throw new BackupException(
                    FailureReason.RESTORE_FAILED, "archive as a file in " + spool + ": " + e.getMessage(), e);
        } finally {
            delete(file);
        }
    }

    private Ending onFile(
            Path file, List<String> command, Map<String, String> environment, Redactor redactor, LoadErrors errors)
            throws IOException {
        List<String> full = new ArrayList<>(command);
        full.add(file.toString());
        try (ChildProcess child = ChildProcess.start(full, environment, redactor, line -> {}, errors, tools.grace())) {
            child.stdin().close();
            return finish(child, FailureReason.RESTORE_FAILED, deadline(child));
        }
    }

    public static void delete(@Nullable Path file) {
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

    /** How a program ended. */
    private record Ending(String program, int status, String text, List<String> warnings) {}

    private Ending pipe(
            BackupManifest manifest,
            List<String> command,
            Map<String, String> environment,
            Redactor redactor,
            Consumer<String> lines,
            boolean restricted,
            FailureReason reason) {
        try (InputStream data = source.open(manifest, manifest.data());
                InputStream in = restricted ? new RestrictedScript(data) : data;
                ChildProcess child =
                        ChildProcess.start(command, environment, redactor, line -> {}, lines, tools.grace())) {
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

    private Ending finish(ChildProcess child, FailureReason reason, Deadline deadline) {
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
}
