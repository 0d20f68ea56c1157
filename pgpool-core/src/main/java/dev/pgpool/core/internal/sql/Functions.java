package dev.pgpool.core.internal.sql;

import static dev.pgpool.core.internal.sql.Words.ascii;

import dev.pgpool.core.config.SessionState;
import java.util.List;

/** The functions that change the state of a session, by name; those that are built in also by number. */
final class Functions {
    private static final byte[] BACKUP_START = ascii("pg_backup_start");
    private static final byte[] START_BACKUP = ascii("pg_start_backup");
    private static final byte[] COPY_LOGICAL_SLOT = ascii("pg_copy_logical_replication_slot");
    private static final byte[] COPY_PHYSICAL_SLOT = ascii("pg_copy_physical_replication_slot");
    private static final byte[] CREATE_LOGICAL_SLOT = ascii("pg_create_logical_replication_slot");
    private static final byte[] CREATE_PHYSICAL_SLOT = ascii("pg_create_physical_replication_slot");
    private static final byte[] DROP_SLOT = ascii("pg_drop_replication_slot");
    private static final byte[] ORIGIN_SETUP = ascii("pg_replication_origin_session_setup");
    private static final byte[] DBLINK_CONNECT = ascii("dblink_connect");
    private static final byte[] DBLINK_CONNECT_U = ascii("dblink_connect_u");
    private static final byte[] SET_LIMIT = ascii("set_limit");
    private static final byte[] CURRVAL = ascii("currval");
    private static final byte[] LASTVAL = ascii("lastval");
    private static final byte[] NEXTVAL = ascii("nextval");
    private static final byte[] SETVAL = ascii("setval");
    private static final byte[] SETSEED = ascii("setseed");
    private static final byte[] SET_CONFIG = ascii("set_config");
    private static final byte[] LOCK = ascii("pg_advisory_lock");
    private static final byte[] UNLOCK = ascii("pg_advisory_unlock");
    private static final byte[] TRY_LOCK = ascii("pg_try_advisory_lock");
    private static final byte[] UNLOCK_ALL = ascii("pg_advisory_unlock_all");
    private static final byte[] LOCK_SHARED = ascii("pg_advisory_lock_shared");
    private static final byte[] UNLOCK_SHARED = ascii("pg_advisory_unlock_shared");
    private static final byte[] TRY_LOCK_SHARED = ascii("pg_try_advisory_lock_shared");

    private static final int SET_CONFIG_OID = 2078;
    private static final int SETSEED_OID = 1599;
    private static final int CREATE_PHYSICAL_SLOT_OID = 3779;
    private static final int CREATE_LOGICAL_SLOT_OID = 3786;
    private static final int COPY_PHYSICAL_SLOT_OID = 4220;
    private static final int COPY_PHYSICAL_SLOT_SHORT_OID = 4221;
    private static final int COPY_LOGICAL_SLOT_OID = 4222;
    private static final int COPY_LOGICAL_SLOT_SHORT_OID = 4223;
    private static final int COPY_LOGICAL_SLOT_SHORTEST_OID = 4224;
    private static final int ORIGIN_SETUP_OID = 6006;
    private static final int BACKUP_START_OID = 2172;
    private static final int FIRST_LOCK_OID = 2880;
    private static final int LAST_LOCK_OID = 2892;

    /** What a function does; bare because a look at each word of each statement must cost nothing. */
    enum Kind {
        HARMLESS,
        SETTING,
        SIMILARITY,
        SEED,
        SLOT,
        SLOT_DROP,
        PROCESS,
        LOCK,
        UNLOCK,
        SEQUENCE_READ,
        SEQUENCE_WRITE
    }

    private Functions() {}

    /** The function that the current word or identifier of the lexer names, if it is called. */
    static Kind named(Lexer lexer) {
        return switch (lexer.length()) {
            case 6 -> lexer.is(SETVAL) ? Kind.SEQUENCE_WRITE : Kind.HARMLESS;
            case 7 -> seven(lexer);
            case 9 -> lexer.is(SET_LIMIT) ? Kind.SIMILARITY : Kind.HARMLESS;
            case 10 -> lexer.is(SET_CONFIG) ? Kind.SETTING : Kind.HARMLESS;
            case 14 -> lexer.is(DBLINK_CONNECT) ? Kind.PROCESS : Kind.HARMLESS;
            case 15 -> lexer.is(BACKUP_START) || lexer.is(START_BACKUP) ? Kind.PROCESS : Kind.HARMLESS;
            case 16 -> lexer.is(LOCK) ? Kind.LOCK : lexer.is(DBLINK_CONNECT_U) ? Kind.PROCESS : Kind.HARMLESS;
            case 18 -> lexer.is(UNLOCK) ? Kind.UNLOCK : Kind.HARMLESS;
            case 20 -> lexer.is(TRY_LOCK) ? Kind.LOCK : Kind.HARMLESS;
            case 22 -> lexer.is(UNLOCK_ALL) ? Kind.UNLOCK : Kind.HARMLESS;
            case 23 -> lexer.is(LOCK_SHARED) ? Kind.LOCK : Kind.HARMLESS;
            case 24 -> lexer.is(DROP_SLOT) ? Kind.SLOT_DROP : Kind.HARMLESS;
            case 25 -> lexer.is(UNLOCK_SHARED) ? Kind.UNLOCK : Kind.HARMLESS;
            case 27 -> lexer.is(TRY_LOCK_SHARED) ? Kind.LOCK : Kind.HARMLESS;
            case 32 -> lexer.is(COPY_LOGICAL_SLOT) ? Kind.SLOT : Kind.HARMLESS;
            case 33 -> lexer.is(COPY_PHYSICAL_SLOT) ? Kind.SLOT : Kind.HARMLESS;
            case 34 -> lexer.is(CREATE_LOGICAL_SLOT) ? Kind.SLOT : Kind.HARMLESS;
            case 35 ->
                lexer.is(CREATE_PHYSICAL_SLOT) ? Kind.SLOT : lexer.is(ORIGIN_SETUP) ? Kind.PROCESS : Kind.HARMLESS;
            default -> Kind.HARMLESS;
        };
    }

    private static Kind seven(Lexer lexer) {
        return switch (lexer.first()) {
            case 'c' -> lexer.is(CURRVAL) ? Kind.SEQUENCE_READ : Kind.HARMLESS;
            case 'l' -> lexer.is(LASTVAL) ? Kind.SEQUENCE_READ : Kind.HARMLESS;
            case 'n' -> lexer.is(NEXTVAL) ? Kind.SEQUENCE_WRITE : Kind.HARMLESS;
            case 's' -> lexer.is(SETSEED) ? Kind.SEED : Kind.HARMLESS;
            default -> Kind.HARMLESS;
        };
    }

    /**
     * What a FunctionCall message does to its session.
     *
     * @param oid as in pg_proc.dat, which never changes for built-in functions
     */
    static SessionEffects called(int oid) {
        if (oid == SET_CONFIG_OID) {
            return Effects.SETTING_UNKNOWN;
        }
        if (oid >= FIRST_LOCK_OID && oid <= LAST_LOCK_OID) {
            return Effects.LOCK_OR_UNLOCK;
        }
        return switch (oid) {
            case SETSEED_OID -> Effects.SEED;
            case CREATE_PHYSICAL_SLOT_OID,
                    CREATE_LOGICAL_SLOT_OID,
                    COPY_PHYSICAL_SLOT_OID,
                    COPY_PHYSICAL_SLOT_SHORT_OID,
                    COPY_LOGICAL_SLOT_OID,
                    COPY_LOGICAL_SLOT_SHORT_OID,
                    COPY_LOGICAL_SLOT_SHORTEST_OID -> Effects.SLOT;
            case ORIGIN_SETUP_OID, BACKUP_START_OID -> Effects.PROCESS;
            default -> SessionEffects.NONE;
        };
    }

    /** Ready-made. */
    private static final class Effects {
        static final SessionEffects SETTING_UNKNOWN = of(SessionState.SETTING.bit(), 0);
        static final SessionEffects SEED = of(SessionState.RANDOM_SEED.bit(), 0);
        static final SessionEffects SLOT = of(SessionState.REPLICATION_SLOT.bit(), 0);
        static final SessionEffects PROCESS = of(SessionState.PROCESS.bit(), 0);
        static final SessionEffects LOCK_OR_UNLOCK =
                of(SessionState.ADVISORY_LOCK.bit(), SessionState.ADVISORY_LOCK.bit());

        private Effects() {}

        private static SessionEffects of(int makes, int clears) {
            return new SessionEffects(makes, clears, List.of(), List.of(), false, false, true, null, null);
        }
    }
}
