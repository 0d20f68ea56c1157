package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;

/**
 * Reads which statements make objects that end with the session: temporary ones, and cursors that outlive their transaction.
 * Reused from statement to statement; confined to one thread.
 */
final class TemporaryObjectReader {
    private final Lexer lexer;
    private final EffectsBuilder found;

    TemporaryObjectReader(Lexer lexer, EffectsBuilder found) {
        this.lexer = lexer;
        this.found = found;
    }

    /** Behind CREATE and what may stand between it and TEMPORARY. */
    void create() {
        int before = found.made();
        if (temporary() && endsWithItsTransaction()) {
            found.backTo(before);
            found.setsLocally();
        }
    }

    /** {@code [GLOBAL | LOCAL] { TEMP | TEMPORARY }}, if it is there. */
    boolean temporary() {
        if (lexer.isWord(Words.LOCAL) || lexer.isWord(Words.GLOBAL)) {
            lexer.next();
        }
        if (lexer.isWord(Words.TEMP) || lexer.isWord(Words.TEMPORARY)) {
            found.makes(SessionState.TEMPORARY_OBJECT);
            lexer.next();
            return true;
        }
        return false;
    }

    /** Whether {@code ON COMMIT DROP} is to come in this statement. */
    private boolean endsWithItsTransaction() {
        int mark = lexer.mark();
        boolean dropped = false;
        while (!dropped && !lexer.isStatementOver()) {
            boolean commit = lexer.isWord(Words.COMMIT);
            lexer.next();
            dropped = commit && lexer.isWord(Words.DROP);
        }
        lexer.backTo(mark);
        return dropped;
    }

    /** At DECLARE; ends at the next word. */
    void declare() {
        int mark = lexer.mark();
        while (!lexer.isStatementOver()) {
            boolean with = lexer.isWord(Words.WITH);
            lexer.next();
            if (with && lexer.isWord(Words.HOLD)) {
                found.makes(SessionState.CURSOR);
            }
        }
        lexer.backTo(mark);
    }
}
