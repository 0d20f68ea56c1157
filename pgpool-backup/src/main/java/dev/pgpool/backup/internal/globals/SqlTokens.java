package dev.pgpool.backup.internal.globals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The words of SQL as {@link GlobalsReader} writes it: bare words, quoted identifiers, literals (plain, or {@code E''}), and
 * single characters. Comments, dollar quotes and whatever else SQL knows are not written there, so they are refused: what this
 * reads one way cannot be read another way by the server.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Lexical Structure</a>
 */
final class SqlTokens {

    /** What a token is. */
    enum Kind {
        WORD,
        IDENTIFIER,
        LITERAL,
        SIGN
    }

    /**
     * A token.
     *
     * @param kind of it
     * @param text without quotes and escapes
     * @param start in the source
     * @param end in the source, exclusive
     */
    record Token(Kind kind, String text, int start, int end) {
        boolean is(String word) {
            return (kind == Kind.WORD || kind == Kind.SIGN) && text.equals(word);
        }
    }

    private static final String SIGNS = "(),;=.*:<>";

    private final String source;
    private int at;

    private SqlTokens(String source, int at) {
        this.source = source;
        this.at = at;
    }

    /**
     * All tokens.
     *
     * @throws IllegalArgumentException for what is none
     */
    static List<Token> of(String source) {
        SqlTokens tokens = new SqlTokens(source, 0);
        List<Token> all = new ArrayList<>();
        for (Token token = tokens.next(); token != null; token = tokens.next()) {
            all.add(token);
        }
        return all;
    }

    /**
     * Takes a script apart into statements, each with its end: {@code ;} or {@code \gexec}, which has to be the last of its
     * line. Lines of comment stand between statements only.
     *
     * @throws IllegalArgumentException for anything else
     */
    static void split(String script, Consumer<String> statements, Consumer<String> comments) {
        SqlTokens tokens = new SqlTokens(script, 0);
        int start = tokens.skipComments(comments);
        while (start < script.length()) {
            int end;
            if (tokens.atGexec()) {
                end = tokens.at + "\\gexec".length();
            } else {
                Token token = tokens.next();
                if (token == null) {
                    throw new IllegalArgumentException("the last statement has no end");
                }
                if (!token.is(";")) {
                    tokens.skipSpace();
                    continue;
                }
                end = token.end();
            }
            if (end < script.length() && script.charAt(end) != '\n') {
                throw new IllegalArgumentException("a second statement on a line");
            }
            statements.accept(script.substring(start, end));
            tokens.at = end;
            start = tokens.skipComments(comments);
        }
    }

    private boolean atGexec() {
        return source.startsWith("\\gexec", at);
    }

    private int skipComments(Consumer<String> comments) {
        skipSpace();
        while (source.startsWith("--", at)) {
            int newline = source.indexOf('\n', at);
            int end = newline < 0 ? source.length() : newline;
            comments.accept(source.substring(at, end));
            at = end;
            skipSpace();
        }
        return at;
    }

    private void skipSpace() {
        while (at < source.length() && (source.charAt(at) == ' ' || source.charAt(at) == '\n')) {
            at++;
        }
    }

    private @Nullable Token next() {
        skipSpace();
        if (at >= source.length()) {
            return null;
        }
        int start = at;
        char c = source.charAt(at);
        if (c == '"') {
            return new Token(Kind.IDENTIFIER, quoted('"', false), start, at);
        }
        if (c == '\'') {
            return new Token(Kind.LITERAL, quoted('\'', false), start, at);
        }
        if (c == 'E' && at + 1 < source.length() && source.charAt(at + 1) == '\'') {
            at++;
            return new Token(Kind.LITERAL, quoted('\'', true), start, at);
        }
        if (SIGNS.indexOf(c) >= 0) {
            at++;
            return new Token(Kind.SIGN, String.valueOf(c), start, at);
        }
        while (at < source.length() && isWord(source.charAt(at))) {
            at++;
        }
        if (at == start || (at < source.length() && "'\"&".indexOf(source.charAt(at)) >= 0)) {
            throw new IllegalArgumentException("character " + (int) source.charAt(at) + " at " + at);
        }
        String word = source.substring(start, at);
        if (word.contains("--") || word.startsWith("$")) {
            throw new IllegalArgumentException("a comment or dollar quote at " + start);
        }
        return new Token(Kind.WORD, word, start, at);
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '$'
                || c == '-';
    }

    private String quoted(char quote, boolean escapes) {
        StringBuilder text = new StringBuilder();
        for (at++; at < source.length(); at++) {
            char c = source.charAt(at);
            if (c == quote) {
                if (at + 1 < source.length() && source.charAt(at + 1) == quote) {
                    at++;
                } else {
                    at++;
                    return text.toString();
                }
            } else if (c == '\\' && escapes) {
                at++;
                c = unescaped(at < source.length() ? source.charAt(at) : 'x');
            } else if (c == '\\' && quote == '\'') {
                // What it means would depend on standard_conforming_strings.
                throw new IllegalArgumentException("backslash in a plain literal at " + at);
            }
            text.append(c);
        }
        throw new IllegalArgumentException("a quote without its end");
    }

    private static char unescaped(char c) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case '\\' -> '\\';
            default -> throw new IllegalArgumentException("escape \\" + c);
        };
    }
}
