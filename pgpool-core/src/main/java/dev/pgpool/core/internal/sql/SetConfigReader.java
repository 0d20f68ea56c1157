package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import java.util.Locale;

/**
 * Reads the arguments of {@code set_config}, the function that sets a parameter. Reused from call to call; confined to one
 * thread.
 *
 * @see <a href="https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET">set_config</a>
 */
final class SetConfigReader {
    private final Lexer lexer;
    private final EffectsBuilder found;

    SetConfigReader(Lexer lexer, EffectsBuilder found) {
        this.lexer = lexer;
        this.found = found;
    }

    /**
     * At the parenthesis, where it also ends: the arguments may hold anything.
     *
     * @param deferred whether it runs later
     */
    void arguments(boolean deferred) {
        int mark = lexer.mark();
        boolean plain = lexer.next() == Lexer.STRING;
        String name = plain ? lexer.text().toLowerCase(Locale.ROOT) : "";
        boolean ofMeaning = !plain || ParsingParameters.isNamedBy(lexer);
        lexer.next();
        boolean defaults = false;
        boolean given = false;
        if (lexer.isSymbol(',')) {
            lexer.next();
            defaults = lexer.isWord(Words.NULL);
            given = lexer.isString();
            if (given && lexer.text().toLowerCase(Locale.ROOT).contains("pg_temp")) {
                found.makes(SessionState.TEMPORARY_OBJECT);
            }
        } else {
            name = "";
        }
        boolean local = endsWithTrue();
        lexer.backTo(mark);
        if (!local) {
            found.sets(name, deferred);
            if (defaults) {
                found.resets(name);
            } else if (!given) {
                found.mayReset(name);
            }
        } else if (ofMeaning) {
            found.setsLocally();
        }
    }

    /** Whether the last argument up to the closing parenthesis is {@code true}. */
    private boolean endsWithTrue() {
        int open = 1;
        boolean comma = false;
        boolean last = false;
        while (lexer.kind() != Lexer.END) {
            if (lexer.isSymbol(')') && --open == 0) {
                return last;
            }
            if (lexer.isSymbol('(')) {
                open++;
            }
            last = open == 1 && comma && lexer.isWord(Words.TRUE);
            comma = open == 1 && lexer.isSymbol(',');
            lexer.next();
        }
        return false;
    }
}
