package dev.pgpool.backup.restore;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to restore, and where to.
 *
 * @param which which backup
 * @param server to restore on
 * @param target name of the database to restore into
 * @param existing what may happen to an existing database
 * @param globals what is done about roles and other globals
 * @param jobs parallel jobs of pg_restore; more than one needs disk for the whole dump
 * @param options what is left out, and how many errors are tolerated
 * @param part of the backup to restore, or {@code null} for all of it
 * @param endSessions whether sessions that are in the way of an overwriting restore are ended
 */
public record RestoreRequest(
        Which which,
        PgServer server,
        String target,
        Existing existing,
        Globals globals,
        int jobs,
        RestoreOptions options,
        @Nullable RestorePart part,
        boolean endSessions) {

    private static final int LONGEST_NAME = 63;

    /** Which backup of a database. */
    public sealed interface Which {
        /** Name of the database that was backed up. */
        String database();
    }

    /**
     * The newest.
     *
     * @param database that was backed up
     */
    public record Latest(String database) implements Which {}

    /**
     * A certain one.
     *
     * @param database that was backed up
     * @param id of the backup
     */
    public record ById(String database, BackupId id) implements Which {}

    /**
     * The newest whose data is not younger than an instant.
     *
     * @param database that was backed up
     * @param instant inclusive
     */
    public record Before(String database, Instant instant) implements Which {}

    /** What may happen to the target if it exists. */
    public enum Existing {
        /** Refuse. */
        REFUSE,
        /** Restore into it if it holds nothing yet. */
        IF_EMPTY,
        /** Put a part of a backup into it, beside what it holds, in one transaction. */
        ADD,
        /**
         * Replace it by what is in the backup, or a part of it by that part. This destroys what it holds, so it has to be
         * confirmed by name.
         */
        OVERWRITE
    }

    /** What is done about roles and other globals. */
    public enum Globals {
        /** Nothing; a role that is missing refuses the restore. */
        SKIP,
        /**
         * Create the roles and tablespaces that are missing, with attributes, settings, memberships and grants; leave others as
         * they are. A database that is overwritten keeps its owner, settings and grants.
         */
        CREATE_MISSING,
        /** Apply all globals of the backup, also to roles that exist already, passwords included. */
        APPLY_ALL
    }

    /** Checks. */
    public RestoreRequest {
        Objects.requireNonNull(which, "which");
        Objects.requireNonNull(options, "options");
        int bytes = target.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (target.isEmpty()) {
            throw new IllegalArgumentException("target: empty (expected: a database name)");
        }
        if (bytes > LONGEST_NAME || target.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("target: " + bytes + " bytes (expected: at most " + LONGEST_NAME
                    + ", which is PostgreSQL's limit)");
        }
        if (jobs < 1) {
            throw new IllegalArgumentException("jobs: " + jobs + " (expected: > 0)");
        }
        if (existing == Existing.ADD && part == null) {
            throw new IllegalArgumentException("intoExisting(): needs a part of the backup (expected: part(...))");
        }
        if (part != null && existing == Existing.OVERWRITE && part.content() == RestorePart.Content.DATA) {
            throw new IllegalArgumentException(
                    "overwriting(): of rows only (expected: intoExisting(), which adds them to what is there)");
        }
        if (part != null && existing == Existing.OVERWRITE && part.newName() != null) {
            throw new IllegalArgumentException("overwriting(): of a part under the new name " + part.newName()
                    + " (expected: intoExisting(), and a name that is free)");
        }
        if (part != null && existing != Existing.REFUSE && jobs > 1) {
            throw new IllegalArgumentException(
                    "jobs: " + jobs + " (expected: 1 for a part in an existing database, which is one transaction)");
        }
    }

    /** Restores into a database that does not exist yet, creating missing roles. */
    public static RestoreRequest intoNew(Which which, PgServer server, String target) {
        return new RestoreRequest(
                which,
                server,
                target,
                Existing.REFUSE,
                Globals.CREATE_MISSING,
                1,
                RestoreOptions.defaults(),
                null,
                false);
    }

    /** The same into an existing database without any objects of its own. */
    public RestoreRequest intoEmpty() {
        return existing(Existing.IF_EMPTY);
    }

    /** The same for a part of a backup, beside what an existing database holds. */
    public RestoreRequest intoExisting() {
        return existing(Existing.ADD);
    }

    /**
     * The same over an existing database. It is restored beside it under another name, and takes its place if that succeeded;
     * until then, and on any failure, the existing one stays as it is. What is not in the backup is gone afterwards. For a part
     * of a backup, its objects are replaced, in one transaction.
     *
     * @param confirmation the target's name once more
     * @throws IllegalArgumentException if it is another name
     */
    public RestoreRequest overwriting(@Nullable String confirmation) {
        if (!target.equals(confirmation)) {
            throw new IllegalArgumentException("overwriting \"" + target + "\" was not confirmed: got \"" + confirmation
                    + "\" (expected: the name of the database)");
        }
        return existing(Existing.OVERWRITE);
    }

    private RestoreRequest existing(Existing mode) {
        return new RestoreRequest(which, server, target, mode, globals, jobs, options, part, endSessions);
    }

    /** The same with another way for the globals. */
    public RestoreRequest globals(Globals mode) {
        return new RestoreRequest(which, server, target, existing, mode, jobs, options, part, endSessions);
    }

    /** The same with parallel jobs. */
    public RestoreRequest jobs(int count) {
        return new RestoreRequest(which, server, target, existing, globals, count, options, part, endSessions);
    }

    /** The same with other options. */
    public RestoreRequest options(RestoreOptions other) {
        return new RestoreRequest(which, server, target, existing, globals, jobs, other, part, endSessions);
    }

    /** The same for a part of the backup only. */
    public RestoreRequest part(RestorePart of) {
        return new RestoreRequest(which, server, target, existing, globals, jobs, options, of, endSessions);
    }

    /**
     * The same with sessions ended that are connected to a database when it is replaced. Without it any such
     * session refuses the restore before anything is changed.
     */
    public RestoreRequest endingSessions() {
        return new RestoreRequest(which, server, target, existing, globals, jobs, options, part, true);
    }

    /** The same without owners and grants. */
    public RestoreRequest withoutOwners() {
        return options(options.withoutOwners().withoutPrivileges());
    }

    /** False to make everything owned by the restoring role. */
    public boolean owners() {
        return options.owners();
    }
}
