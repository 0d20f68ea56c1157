package dev.pgpool.core.config;

import java.util.Locale;

/** The kinds of state that outlive a transaction on a server and that it does not report as it does parameters. */
public enum SessionState {
    /** {@code SET}, {@code RESET} and {@code set_config} of a parameter that the server does not report. */
    SETTING,
    /** {@code SET ROLE} and {@code SET SESSION AUTHORIZATION}. */
    ROLE,
    /** SQL's own {@code PREPARE}; not the prepared statements of the protocol, which work on any server. */
    PREPARED_STATEMENT,
    /** Temporary tables, and whatever else is in the schema {@code pg_temp}. */
    TEMPORARY_OBJECT,
    /** {@code LISTEN}. */
    LISTEN,
    /** Cursors that were declared {@code WITH HOLD}. */
    CURSOR,
    /** Session-level advisory locks. */
    ADVISORY_LOCK,
    /** {@code LOAD}: a library stays for the life of the server connection. */
    LIBRARY,
    /** What {@code currval} and {@code lastval} tell: the last values that this session got from sequences. */
    SEQUENCE,
    /** {@code setseed}: the numbers that {@code random} gives from then on. */
    RANDOM_SEED,
    /** Temporary replication slots. */
    REPLICATION_SLOT,
    /**
     * What only the end of the server connection ends for certain: connections of {@code dblink_connect}, the replication
     * origin of {@code pg_replication_origin_session_setup}, the backup of {@code pg_backup_start}.
     */
    PROCESS;

    private static final SessionState[] ALL = values();

    /** Its bit in a set of kinds. */
    public int bit() {
        return 1 << ordinal();
    }

    /** The kinds in order, without a copy for each caller. */
    public static SessionState of(int ordinal) {
        return ALL[ordinal];
    }

    /** How many kinds there are. */
    public static int count() {
        return ALL.length;
    }

    /** As in logs and metric tags: lower case with underscores. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
