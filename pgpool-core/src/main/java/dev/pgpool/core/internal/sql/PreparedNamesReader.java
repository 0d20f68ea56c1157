package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;

/**
 * Reads which prepared statements a text names: PREPARE, EXECUTE, DEALLOCATE. Reused from statement to statement; confined to
 * one thread.
 */
final class PreparedNamesReader {
    private final Lexer lexer;
    private final EffectsBuilder found;

    PreparedNamesReader(Lexer lexer, EffectsBuilder found) {
        this.lexer = lexer;
        this.found = found;
    }

    /** At PREPARE; returns whether what follows runs later, at its EXECUTE. */
    boolean prepare() {
        lexer.next();
        boolean transaction = lexer.isWord(Words.TRANSACTION);
        if (transaction && lexer.next() == Lexer.STRING) {
            // of two phases
            return false;
        }
        found.makes(SessionState.PREPARED_STATEMENT);
        if (transaction) {
            found.names(StatementNames.Verb.PREPARE, "transaction");
        } else if (lexer.isName()) {
            found.names(StatementNames.Verb.PREPARE, lexer.identifier());
        }
        return true;
    }

    /** {@code EXECUTE name}, if that is what stands here. */
    void execute() {
        if (lexer.isWord(Words.EXECUTE)) {
            lexer.next();
            if (lexer.isName()) {
                found.names(StatementNames.Verb.EXECUTE, lexer.identifier());
            }
        }
    }

    /** At DEALLOCATE. */
    void deallocate() {
        found.clears(SessionState.PREPARED_STATEMENT);
        lexer.next();
        if (lexer.isWord(Words.PREPARE)) {
            String prepare = lexer.identifier();
            lexer.next();
            if (!lexer.isName()) {
                found.names(StatementNames.Verb.DEALLOCATE, prepare);
                return;
            }
        }
        if (lexer.isWord(Words.ALL)) {
            found.endsStatements();
        } else if (lexer.isName()) {
            found.names(StatementNames.Verb.DEALLOCATE, lexer.identifier());
        }
    }
}
