package dev.pgpool.backup;

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
 * @param owners false to make everything owned by the restoring role, without grants
 */
public record RestoreRequest(
        Which which, PgServer server, String target, Existing existing, Globals globals, int jobs, boolean owners) {

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
        /** Drop its objects and restore over them. This destroys what it holds, so it has to be confirmed by name. */
        OVERWRITE
    }

    /** What is done about roles and other globals. */
    public enum Globals {
        /** Nothing; a role that is missing refuses the restore. */
        SKIP,
        /** Create the roles that are missing, with attributes, settings and memberships; leave others as they are. */
        CREATE_MISSING,
        /** Apply all globals of the backup, also to roles that exist already, passwords included. */
        APPLY_ALL
    }

    /** Checks. */
    public RestoreRequest {
        Objects.requireNonNull(which, "which");
        if (target.isEmpty()) {
            throw new IllegalArgumentException("target: empty (expected: a database name)");
        }
        if (jobs < 1) {
            throw new IllegalArgumentException("jobs: " + jobs + " (expected: > 0)");
        }
    }

    /** Restores into a database that does not exist yet, creating missing roles. */
    public static RestoreRequest intoNew(Which which, PgServer server, String target) {
        return new RestoreRequest(which, server, target, Existing.REFUSE, Globals.CREATE_MISSING, 1, true);
    }

    /** The same into an existing database without any objects of its own. */
    public RestoreRequest intoEmpty() {
        return new RestoreRequest(which, server, target, Existing.IF_EMPTY, globals, jobs, owners);
    }

    /**
     * The same over an existing database.
     *
     * @param confirmation the target's name once more
     * @throws IllegalArgumentException if it is another name
     */
    public RestoreRequest overwriting(@Nullable String confirmation) {
        if (!target.equals(confirmation)) {
            throw new IllegalArgumentException("overwriting \"" + target + "\" was not confirmed: got \"" + confirmation
                    + "\" (expected: the name of the database)");
        }
        return new RestoreRequest(which, server, target, Existing.OVERWRITE, globals, jobs, owners);
    }

    /** The same with another way for the globals. */
    public RestoreRequest globals(Globals mode) {
        return new RestoreRequest(which, server, target, existing, mode, jobs, owners);
    }

    /** The same with parallel jobs. */
    public RestoreRequest jobs(int count) {
        return new RestoreRequest(which, server, target, existing, globals, count, owners);
    }

    /** The same without owners and grants. */
    public RestoreRequest withoutOwners() {
        return new RestoreRequest(which, server, target, existing, globals, jobs, false);
    }
}
