package dev.pgpool.backup.internal.globals;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.internal.globals.SqlTokens.Kind;
import dev.pgpool.backup.internal.globals.SqlTokens.Token;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One statement of a globals script, told apart by its words. What is not of a known form is refused: a script that another
 * program wrote, or an older version of this library from a setting that is not trusted, must not run anything else.
 *
 * @param subject what it is about
 * @param name of the role, tablespace, parameter or database it is about; empty for all roles
 * @param other the member of a membership or the grantee of a grant, or {@code null}
 * @param database it concerns, or {@code null} for the whole server
 * @param sql to execute
 */
record GlobalsStatement(
        Subject subject,
        String name,
        @Nullable String other,
        @Nullable String database,
        String sql) {

    /** What a statement is about. */
    enum Subject {
        CREATE_ROLE,
        ROLE_ATTRIBUTES,
        ROLE,
        SETTING,
        MEMBERSHIP,
        PARAMETER,
        CREATE_TABLESPACE,
        TABLESPACE,
        DATABASE_OWNER,
        DATABASE_GRANT,
        DATABASE_COMMENT,
        DATABASE_TABLESPACE,
        DATABASE,
        SESSION
    }

    /**
     * Reads one as it stands in the script, with {@code ;} or {@code \gexec} at its end.
     *
     * @throws IllegalArgumentException if it has no known form
     */
    static GlobalsStatement parse(String text) {
        if (text.endsWith("\\gexec")) {
            return plain(conditional(SqlTokens.of(text.substring(0, text.length() - "\\gexec".length()))));
        }
        return plain(text.substring(0, text.length() - 1));
    }

    /** The statement that psql would execute if the condition holds; the engine finds that out itself. */
    private static String conditional(List<Token> tokens) {
        Reader in = new Reader(tokens);
        in.expect("SELECT");
        if (in.accept("CASE")) {
            while (!in.accept("THEN")) {
                in.skip();
            }
            return in.literal();
        }
        String sql = in.literal();
        in.expect("WHERE");
        return sql;
    }

    private static GlobalsStatement plain(String sql) {
        Reader in = new Reader(SqlTokens.of(sql));
        if (in.accept("DO")) {
            return fromCurrent(in, sql);
        }
        if (in.accept("SET", "ROLE")) {
            // Another grantor: SET ROLE "x"; GRANT ...; RESET ROLE
            in.identifier();
            in.expect(";");
            GlobalsStatement grant = grant(in, sql, true);
            in.expect(";", "RESET", "ROLE");
            in.end();
            return grant;
        }
        GlobalsStatement statement = single(in, sql);
        in.end();
        return statement;
    }

    private static GlobalsStatement single(Reader in, String sql) {
        if (in.accept("SET")) {
            in.rest();
            return new GlobalsStatement(Subject.SESSION, "", null, null, sql);
        }
        if (in.accept("CREATE", "ROLE")) {
            return new GlobalsStatement(Subject.CREATE_ROLE, in.identifier(), null, null, sql);
        }
        if (in.accept("CREATE", "TABLESPACE")) {
            String name = in.identifier();
            if (in.accept("OWNER")) {
                in.identifier();
            }
            in.expect("LOCATION");
            in.literal();
            return new GlobalsStatement(Subject.CREATE_TABLESPACE, name, null, null, sql);
        }
        if (in.accept("COMMENT", "ON")) {
            Subject subject = in.accept("ROLE")
                    ? Subject.ROLE
                    : in.accept("TABLESPACE") ? Subject.TABLESPACE : Subject.DATABASE_COMMENT;
            if (subject == Subject.DATABASE_COMMENT) {
                in.expect("DATABASE");
            }
            String name = in.identifier();
            in.expect("IS");
            in.literal();
            return new GlobalsStatement(subject, name, null, subject == Subject.DATABASE_COMMENT ? name : null, sql);
        }
        return in.accept("ALTER") ? alter(in, sql) : grant(in, sql, false);
    }

    private static GlobalsStatement alter(Reader in, String sql) {
        if (in.accept("TABLESPACE")) {
            String name = in.identifier();
            in.rest();
            return new GlobalsStatement(Subject.TABLESPACE, name, null, null, sql);
        }
        if (in.accept("DATABASE")) {
            String name = in.identifier();
            Subject subject = Subject.DATABASE;
            if (in.accept("OWNER", "TO")) {
                subject = Subject.DATABASE_OWNER;
                in.identifier();
            } else if (in.accept("SET", "TABLESPACE")) {
                subject = Subject.DATABASE_TABLESPACE;
                return new GlobalsStatement(subject, name, in.identifier(), name, sql);
            } else if (in.accept("CONNECTION", "LIMIT")) {
                in.word();
            } else {
                value(in);
            }
            return new GlobalsStatement(subject, name, null, name, sql);
        }
        in.expect("ROLE");
        if (in.accept("ALL")) {
            value(in);
            return new GlobalsStatement(Subject.SETTING, "", null, null, sql);
        }
        String role = in.identifier();
        if (in.accept("WITH")) {
            in.rest();
            return new GlobalsStatement(Subject.ROLE_ATTRIBUTES, role, null, null, sql);
        }
        String database = null;
        if (in.accept("IN", "DATABASE")) {
            database = in.identifier();
        }
        value(in);
        return new GlobalsStatement(Subject.SETTING, role, null, database, sql);
    }

    /** {@code SET "name" TO value, ...}, or {@code FROM CURRENT}. */
    private static void value(Reader in) {
        in.expect("SET");
        in.identifier();
        if (in.accept("FROM", "CURRENT")) {
            return;
        }
        in.expect("TO");
        do {
            in.value();
        } while (in.accept(","));
    }

    private static GlobalsStatement grant(Reader in, String sql, boolean another) {
        boolean revoke = in.accept("REVOKE");
        if (!revoke) {
            in.expect("GRANT");
            if (in.atIdentifier()) {
                String group = in.identifier();
                in.expect("TO");
                String member = in.identifier();
                in.rest();
                return new GlobalsStatement(Subject.MEMBERSHIP, group, member, null, sql);
            }
        }
        while (!in.accept("ON")) {
            in.wordOrComma();
        }
        Subject subject = in.accept("DATABASE")
                ? Subject.DATABASE_GRANT
                : in.accept("TABLESPACE") ? Subject.TABLESPACE : Subject.PARAMETER;
        if (subject == Subject.PARAMETER) {
            in.expect("PARAMETER");
        }
        String name = in.identifier();
        in.expect(revoke ? "FROM" : "TO");
        String grantee = in.accept("PUBLIC") ? null : in.identifier();
        if (in.accept("WITH")) {
            in.expect("GRANT", "OPTION");
        }
        if (!another) {
            in.end();
        }
        return new GlobalsStatement(subject, name, grantee, subject == Subject.DATABASE_GRANT ? name : null, sql);
    }

    /** {@code DO 'BEGIN PERFORM pg_catalog.set_config(name, value, true); ALTER ... FROM CURRENT; END'}. */
    private static GlobalsStatement fromCurrent(Reader in, String sql) {
        String body = in.literal();
        in.end();
        Reader block = new Reader(SqlTokens.of(body));
        block.expect("BEGIN", "PERFORM", "pg_catalog", ".", "set_config", "(");
        block.literal();
        block.expect(",");
        block.literal();
        block.expect(",", "true", ")", ";", "ALTER");
        GlobalsStatement setting = alter(block, sql);
        block.expect(";", "END");
        block.end();
        return setting;
    }

    /** The same for another database. */
    GlobalsStatement in(String target) {
        if (database == null || database.equals(target)) {
            return this;
        }
        return new GlobalsStatement(
                subject, subject == Subject.SETTING ? name : target, other, target, retargeted(sql, target));
    }

    private static String retargeted(String sql, String target) {
        List<Token> tokens = SqlTokens.of(sql);
        if (tokens.get(0).is("DO")) {
            return "DO " + literal(retargeted(tokens.get(1).text(), target));
        }
        for (int i = 0; i + 1 < tokens.size(); i++) {
            Token next = tokens.get(i + 1);
            if (tokens.get(i).is("DATABASE") && next.kind() == Kind.IDENTIFIER) {
                return sql.substring(0, next.start()) + identifier(target) + sql.substring(next.end());
            }
        }
        throw new IllegalArgumentException("no database in it");
    }

    /** What it does, without a password. */
    String head() {
        int password = sql.indexOf(" PASSWORD ");
        return password < 0 || subject != Subject.ROLE_ATTRIBUTES ? sql : sql.substring(0, password) + " PASSWORD ***";
    }

    /** Reads tokens in order. */
    private static final class Reader {
        private final List<Token> tokens;
        private int at;

        Reader(List<Token> tokens) {
            this.tokens = new ArrayList<>(tokens);
        }

        boolean accept(String... words) {
            for (int i = 0; i < words.length; i++) {
                if (at + i >= tokens.size() || !tokens.get(at + i).is(words[i])) {
                    return false;
                }
            }
            at += words.length;
            return true;
        }

        void expect(String... words) {
            if (!accept(words)) {
                throw new IllegalArgumentException("\"" + String.join(" ", words) + "\" is not there");
            }
        }

        private Token take(Kind... kinds) {
            if (at >= tokens.size() || !List.of(kinds).contains(tokens.get(at).kind())) {
                throw new IllegalArgumentException("no " + List.of(kinds) + " at word " + at);
            }
            return tokens.get(at++);
        }

        boolean atIdentifier() {
            return at < tokens.size() && tokens.get(at).kind() == Kind.IDENTIFIER;
        }

        String identifier() {
            return take(Kind.IDENTIFIER).text();
        }

        String literal() {
            return take(Kind.LITERAL).text();
        }

        void word() {
            take(Kind.WORD);
        }

        void value() {
            take(Kind.LITERAL, Kind.IDENTIFIER, Kind.WORD);
        }

        void wordOrComma() {
            if (!accept(",")) {
                word();
            }
        }

        void skip() {
            if (at >= tokens.size()) {
                throw new IllegalArgumentException("it ends too early");
            }
            at++;
        }

        /** All that is left, as long as it is one statement. */
        void rest() {
            while (at < tokens.size()) {
                if (tokens.get(at++).is(";")) {
                    throw new IllegalArgumentException("a second statement");
                }
            }
        }

        void end() {
            if (at < tokens.size()) {
                throw new IllegalArgumentException("more words than expected, from word " + at);
            }
        }
    }
}
