package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import java.util.List;
import java.util.Locale;

/**
 * Reads what sets parameters of the session, or returns them to their defaults: SET and RESET. Reused from statement to
 * statement; confined to one thread.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-set.html">SET</a>
 */
final class SettingReader {
    private static final List<String> CHARACTERISTICS =
            List.of("default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable");

    private final Lexer lexer;
    private final EffectsBuilder found;

    SettingReader(Lexer lexer, EffectsBuilder found) {
        this.lexer = lexer;
        this.found = found;
    }

    /** At RESET. */
    void reset() {
        lexer.next();
        if (lexer.isWord(Words.ALL)) {
            found.resetsAll();
        } else if (lexer.isWord(Words.ROLE) || lexer.isWord(Words.SESSION)) {
            found.clears(SessionState.ROLE);
        } else if (lexer.isWord(Words.TIME)) {
            found.resets("timezone");
        } else if (!lexer.isWord(Words.TRANSACTION)) {
            found.resets(parameterName());
        }
    }

    /**
     * At SET.
     *
     * @param deferred whether it runs later
     * @return whether the rest of the statement is the value of a parameter
     */
    boolean set(boolean deferred) {
        lexer.next();
        boolean local = lexer.isWord(Words.LOCAL);
        if (local) {
            lexer.next();
        } else if (lexer.isWord(Words.SESSION)) {
            lexer.next();
            if (lexer.isWord(Words.CHARACTERISTICS)) {
                CHARACTERISTICS.forEach(name -> found.sets(name, deferred));
                return false;
            }
            if (lexer.isWord(Words.AUTHORIZATION)) {
                found.makes(SessionState.ROLE);
                return false;
            }
        }
        if (lexer.isWord(Words.TRANSACTION) || lexer.isWord(Words.CONSTRAINTS)) {
            return false;
        }
        if (local) {
            setLocal();
            return false;
        }
        if (lexer.isWord(Words.ROLE) || lexer.isWord(Words.SESSION)) {
            found.makes(SessionState.ROLE);
        } else if (lexer.isWord(Words.TIME)) {
            timeZone(deferred);
        } else if (lexer.isWord(Words.SCHEMA)) {
            found.sets("search_path", deferred);
        } else if (lexer.isWord(Words.NAMES)) {
            names(deferred);
        } else if (lexer.isWord(Words.XML)) {
            found.sets("xmloption", deferred);
        } else if (lexer.isWord(Words.SEED)) {
            found.makes(SessionState.RANDOM_SEED);
        } else {
            parameter(deferred);
            return true;
        }
        return false;
    }

    private void names(boolean deferred) {
        lexer.next();
        if (lexer.isStatementOver() || lexer.isWord(Words.DEFAULT)) {
            found.resets("client_encoding");
        } else {
            found.sets("client_encoding", deferred);
        }
    }

    private void timeZone(boolean deferred) {
        lexer.next();
        lexer.next();
        if (lexer.isWord(Words.DEFAULT) || lexer.isWord(Words.LOCAL)) {
            found.resets("timezone");
        } else {
            found.sets("timezone", deferred);
        }
    }

    private void setLocal() {
        if (lexer.isWord(Words.SEED)) {
            // no transaction's end takes it back
            found.makes(SessionState.RANDOM_SEED);
        } else if (lexer.isWord(Words.TIME)
                || lexer.isWord(Words.NAMES)
                || lexer.isWord(Words.SCHEMA)
                || lexer.isWord(Words.SESSION)
                || ParsingParameters.isNamedBy(lexer)) {
            found.setsLocally();
        }
    }

    private void parameter(boolean deferred) {
        String name = parameterName();
        if (lexer.isWord(Words.TO) || lexer.isSymbol('=')) {
            lexer.next();
        }
        if (lexer.isWord(Words.DEFAULT)) {
            found.resets(name);
        } else if (name.isEmpty()) {
            found.makes(SessionState.SETTING);
        } else {
            found.sets(name, deferred);
        }
    }

    /** A name of one or more parts, in lower case; empty if there is none. */
    private String parameterName() {
        StringBuilder name = new StringBuilder();
        while (lexer.isName()) {
            name.append(lexer.text().replace("\"\"", "\"").toLowerCase(Locale.ROOT));
            lexer.next();
            if (!lexer.isSymbol('.')) {
                break;
            }
            name.append('.');
            lexer.next();
        }
        return name.toString();
    }
}
