package dev.pgpool.core.internal.sql;

import static dev.pgpool.core.internal.sql.Words.ascii;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a statement on roles or databases, from behind its first word. Reads no further than the statement; the lexer stands
 * anywhere afterwards. Of use for one statement.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-alterrole.html">ALTER ROLE</a>
 * @see <a href="https://www.postgresql.org/docs/current/sql-createdatabase.html">CREATE DATABASE</a>
 */
final class GlobalDdlReader {
    private static final byte[] DATABASE = ascii("database");
    private static final byte[] USER = ascii("user");
    private static final byte[] GROUP = ascii("group");
    private static final byte[] MAPPING = ascii("mapping");
    private static final byte[] IF = ascii("if");
    private static final byte[] EXISTS = ascii("exists");
    private static final byte[] IN = ascii("in");
    private static final byte[] RENAME = ascii("rename");
    private static final byte[] TABLESPACE = ascii("tablespace");

    /** What other sessions of the role are not what new ones would be after; a password, say, is not among it. */
    private static final Set<String> NOTICED_BY_NEW_SESSIONS =
            Set.of("set", "reset", "rename", "superuser", "nosuperuser", "login", "nologin");
    /** Roles that only the session knows. */
    private static final Set<String> OWN = Set.of("current_role", "current_user", "session_user");

    /** NAMEDATALEN - 1 of PostgreSQL: names are cut there. */
    private static final int NAME_LIMIT = 63;

    private final Lexer lexer;
    private final Set<String> roles = new TreeSet<>();
    private final Set<String> databases = new TreeSet<>();
    private final Set<String> vacated = new TreeSet<>();
    private boolean everything;

    GlobalDdlReader(Lexer lexer) {
        this.lexer = lexer;
    }

    /** Behind CREATE; null if it is of something else. */
    @Nullable
    GlobalDdl create() {
        lexer.next();
        if (isRole()) {
            roles.add(name());
        } else if (lexer.isWord(DATABASE)) {
            lexer.next();
            databases.add(name());
            vacated.add(template());
        } else {
            return null;
        }
        return found();
    }

    /** Behind DROP. */
    @Nullable
    GlobalDdl drop() {
        lexer.next();
        boolean role = isRole();
        if (!role) {
            if (!lexer.isWord(DATABASE)) {
                return null;
            }
            lexer.next();
        }
        skipIfExists();
        Set<String> dropped = role ? roles : databases;
        dropped.add(name());
        while (lexer.isSymbol(',')) {
            lexer.next();
            dropped.add(name());
        }
        vacated.addAll(databases);
        return found();
    }

    /** Behind ALTER. */
    @Nullable
    GlobalDdl alter() {
        lexer.next();
        if (isRole()) {
            return alterRole();
        }
        if (lexer.isWord(DATABASE)) {
            lexer.next();
            return alterDatabase();
        }
        return null;
    }

    private @Nullable GlobalDdl alterRole() {
        boolean all = lexer.isWord(Words.ALL);
        if (all) {
            lexer.next();
        } else {
            roles.add(name());
        }
        if (lexer.isWord(IN)) {
            lexer.next();
            lexer.next();
            String database = name();
            if (all) {
                databases.add(database);
            }
        } else if (all) {
            everything = true;
        }
        boolean noticed = false;
        while (!lexer.isStatementOver()) {
            if (lexer.kind() == Lexer.WORD) {
                noticed |= NOTICED_BY_NEW_SESSIONS.contains(lexer.text().toLowerCase(Locale.ROOT));
                if (lexer.isWord(RENAME)) {
                    renamed(roles);
                    continue;
                }
            }
            lexer.next();
        }
        return noticed ? found() : null;
    }

    private GlobalDdl alterDatabase() {
        String name = name();
        databases.add(name);
        boolean move = false;
        boolean set = false;
        while (!lexer.isStatementOver()) {
            if (lexer.isWord(RENAME)) {
                renamed(databases);
                move = true;
                continue;
            }
            move |= set && lexer.isWord(TABLESPACE);
            set = lexer.isWord(Words.SET);
            lexer.next();
        }
        if (move) {
            vacated.add(name);
        }
        return found();
    }

    /** At RENAME; a session under the new name may have been refused so far. */
    private void renamed(Set<String> names) {
        lexer.next();
        if (lexer.isWord(Words.TO)) {
            lexer.next();
            names.add(name());
        }
    }

    /** The database that the new one is a copy of. */
    private String template() {
        String template = "template1";
        while (!lexer.isStatementOver()) {
            boolean option =
                    lexer.isName() && lexer.text().toLowerCase(Locale.ROOT).equals("template");
            lexer.next();
            if (option) {
                if (lexer.isSymbol('=')) {
                    lexer.next();
                }
                if (!lexer.isWord(Words.DEFAULT)) {
                    template = name();
                }
            }
        }
        return template;
    }

    /** ROLE, USER or GROUP, which it steps over; but not USER MAPPING. */
    private boolean isRole() {
        if (lexer.isWord(USER)) {
            lexer.next();
            return !lexer.isWord(MAPPING);
        }
        if (lexer.isWord(Words.ROLE) || lexer.isWord(GROUP)) {
            lexer.next();
            return true;
        }
        return false;
    }

    private void skipIfExists() {
        if (lexer.isWord(IF)) {
            lexer.next();
            if (lexer.isWord(EXISTS)) {
                lexer.next();
            }
        }
    }

    /** The name at the current token, as PostgreSQL would have it; then the next token. */
    private String name() {
        String name = "";
        switch (lexer.kind()) {
            case Lexer.WORD -> {
                name = lower(lexer.text());
                everything |= OWN.contains(name);
            }
            case Lexer.QUOTED_IDENTIFIER -> name = lexer.text().replace("\"\"", "\"");
            case Lexer.STRING -> name = lexer.text().replace("''", "'");
            default -> everything = true;
        }
        // escapes of U&"...", and bytes of another encoding
        everything |= name.indexOf('\\') >= 0 || name.indexOf('\uFFFD') >= 0;
        everything |= name.getBytes(StandardCharsets.UTF_8).length > NAME_LIMIT;
        lexer.next();
        return name;
    }

    /** Only ASCII, as PostgreSQL does it where one character has many bytes. */
    private static String lower(String word) {
        StringBuilder lower = new StringBuilder(word);
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                lower.setCharAt(i, (char) (c + 32));
            }
        }
        return lower.toString();
    }

    private GlobalDdl found() {
        return new GlobalDdl(roles, databases, everything, vacated);
    }
}
