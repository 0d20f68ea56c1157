package dev.pgpool.core.internal.sql;

import static dev.pgpool.core.internal.sql.Words.ascii;

import dev.pgpool.core.config.SessionState;
import java.util.List;

/** The built-in functions that change the state of a session, by name and by number. */
final class Functions {
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
    private static final int FIRST_LOCK_OID = 2880;
    private static final int LAST_LOCK_OID = 2892;

    /** What a function does; bare because a look at each word of each statement must cost nothing. */
    enum Kind {
        HARMLESS,
        SETTING,
        SEED,
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
            case 10 -> lexer.is(SET_CONFIG) ? Kind.SETTING : Kind.HARMLESS;
            case 16 -> lexer.is(LOCK) ? Kind.LOCK : Kind.HARMLESS;
            case 18 -> lexer.is(UNLOCK) ? Kind.UNLOCK : Kind.HARMLESS;
            case 20 -> lexer.is(TRY_LOCK) ? Kind.LOCK : Kind.HARMLESS;
            case 22 -> lexer.is(UNLOCK_ALL) ? Kind.UNLOCK : Kind.HARMLESS;
            case 23 -> lexer.is(LOCK_SHARED) ? Kind.LOCK : Kind.HARMLESS;
            case 25 -> lexer.is(UNLOCK_SHARED) ? Kind.UNLOCK : Kind.HARMLESS;
            case 27 -> lexer.is(TRY_LOCK_SHARED) ? Kind.LOCK : Kind.HARMLESS;
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
        return oid >= FIRST_LOCK_OID && oid <= LAST_LOCK_OID ? Effects.LOCK_OR_UNLOCK : SessionEffects.NONE;
    }

    /** Ready-made. */
    private static final class Effects {
        static final SessionEffects SETTING_UNKNOWN = of(SessionState.SETTING.bit(), 0);
        static final SessionEffects LOCK_OR_UNLOCK =
                of(SessionState.ADVISORY_LOCK.bit(), SessionState.ADVISORY_LOCK.bit());

        private Effects() {}

        private static SessionEffects of(int makes, int clears) {
            return new SessionEffects(makes, clears, List.of(), List.of(), false, false, true, null, null);
        }
    }
}
