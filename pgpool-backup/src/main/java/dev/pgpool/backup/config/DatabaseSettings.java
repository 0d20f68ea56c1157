package dev.pgpool.backup.config;

import dev.pgpool.backup.retention.RetentionPolicy;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * What is otherwise for some databases than for the rest. What is not set here is as the engine has it.
 *
 * @param filter what is dumped of them, or {@code null}
 * @param retention how long their backups are kept, or {@code null}
 * @param cron a schedule of their own instead of the engine's, or {@code null}
 * @param zone of that schedule
 */
public record DatabaseSettings(
        @Nullable DumpFilter filter,
        @Nullable RetentionPolicy retention,
        @Nullable String cron,
        @Nullable ZoneId zone) {

    /** Nothing is otherwise. */
    public static DatabaseSettings none() {
        return new DatabaseSettings(null, null, null, null);
    }

    /** With this filter. */
    public DatabaseSettings filter(DumpFilter of) {
        return new DatabaseSettings(of, retention, cron, zone);
    }

    /** With this retention. */
    public DatabaseSettings retention(RetentionPolicy of) {
        return new DatabaseSettings(filter, of, cron, zone);
    }

    /** With this schedule: a cron expression of five fields, and its zone. */
    public DatabaseSettings schedule(String expression, ZoneId in) {
        return new DatabaseSettings(filter, retention, expression, in);
    }

    /**
     * Settings for the databases that match a pattern.
     *
     * @param pattern with {@code *} and {@code ?}
     * @param settings of theirs
     */
    public record Rule(String pattern, DatabaseSettings settings) {
        /** True if it is meant for this database. */
        public boolean matches(String database) {
            return DatabaseSelection.matches(pattern, database);
        }
    }
}
