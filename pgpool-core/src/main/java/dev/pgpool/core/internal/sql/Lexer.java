package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Cuts SQL text into tokens, in place and without making objects, as PostgreSQL's scanner does: comments (nested),
 * strings of all kinds, dollar quotes, quoted identifiers, and words. What is inside of strings and comments is no token.
 *
 * <p>Bytes above 127 belong to words, as in PostgreSQL. Text in an encoding that hides ASCII bytes inside of characters must
 * have been veiled ({@link TextForm}).
 *
 * <p>Reused from text to text; confined to one thread.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Lexical Structure</a>
 */
final class Lexer {
    static final int END = 0;
    /** A key word or identifier without quotes. */
    static final int WORD = 1;
    /** An identifier in double quotes; the region is what is inside. */
    static final int QUOTED_IDENTIFIER = 2;
    /** A string; the region is what is inside. */
    static final int STRING = 3;
    /** A string with escapes, or one between dollars; the region is what is inside. */
    static final int OTHER_STRING = 4;
    /** Any other character, {@link #symbol()} tells which; digits come as one symbol {@code 0}. */
    static final int SYMBOL = 5;

    private ByteBuf buf = Unpooled.EMPTY_BUFFER;
    private int at;
    private int limit;
    private boolean backslashes;
    private int kind;
    private int start;
    private int end;
    private byte symbol;
    /** The current identifier stands in quotes. */
    private boolean quoted;
    /** It has Unicode escapes, which begin with {@link #escape}. */
    private boolean escaped;

    private byte escape = '\\';
    /** Looking for what may stand behind an identifier. */
    private boolean peeking;
    /** What the current identifier says, if it is not the region that does; else null. */
    private byte @Nullable [] decoded;

    /**
     * Begins with a text.
     *
     * @param buf lent until the last call for this text
     * @param backslashes whether a backslash escapes in plain strings (standard_conforming_strings is off)
     */
    void begin(ByteBuf text, int from, int to, boolean backslashes) {
        this.buf = text;
        this.at = from;
        this.limit = to;
        this.backslashes = backslashes;
    }

    /** Lets go of the text. */
    void end() {
        buf = Unpooled.EMPTY_BUFFER;
        at = 0;
        limit = 0;
    }

    /** Absolute index of the current token. */
    int start() {
        return start;
    }

    /** Absolute index behind the current token. */
    int stop() {
        return end;
    }

    int length() {
        byte[] known = decoded;
        return known == null ? end - start : known.length;
    }

    /** Which symbol the current token is. */
    byte symbol() {
        return symbol;
    }

    /** Where the next token is looked for. */
    int mark() {
        return at;
    }

    /** Goes back to a mark: the next token is the current one. */
    void backTo(int mark) {
        at = mark;
        next();
    }

    /** Of what kind the current token is. */
    int kind() {
        return kind;
    }

    /** Whether the current token is this key word, which is given in lower case. */
    boolean isWord(byte[] lower) {
        return kind == WORD && is(lower);
    }

    /** Whether the current token is this symbol. */
    boolean isSymbol(char wanted) {
        return kind == SYMBOL && symbol == wanted;
    }

    /** Whether the current token may be a name. */
    boolean isName() {
        return kind == WORD || kind == QUOTED_IDENTIFIER;
    }

    /** Whether the current token is a string of any kind. */
    boolean isString() {
        return kind == STRING || kind == OTHER_STRING;
    }

    /** Whether the statement ends at the current token. */
    boolean isStatementOver() {
        return kind == END || isSymbol(';');
    }

    /** The current token as text. */
    String text() {
        byte[] known = decoded;
        if (known != null) {
            return new String(known, StandardCharsets.UTF_8);
        }
        return buf.toString(start, end - start, StandardCharsets.UTF_8);
    }

    /** What the current word or quoted identifier names, each byte a character, in the form that the server gives it. */
    String identifier() {
        byte[] raw = new byte[end - start];
        buf.getBytes(start, raw);
        return Identifiers.of(raw, quoted, escaped, (char) (escape & 0xff));
    }

    /** Moves to the next token and tells its kind. */
    int next() {
        kind = cut();
        return kind;
    }

    private int cut() {
        decoded = null;
        while (at < limit) {
            byte b = buf.getByte(at);
            switch (Characters.classOf(b)) {
                case Characters.SPACE -> at++;
                case Characters.LETTER -> {
                    return word(b);
                }
                case Characters.DIGIT -> {
                    return number();
                }
                default -> {
                    if (b == '-' && peek(1) == '-') {
                        at = Spans.endOfLine(buf, at, limit);
                    } else if (b == '/' && peek(1) == '*') {
                        at = Spans.behindComment(buf, at, limit);
                    } else if (b == '\'') {
                        return string(at, backslashes, backslashes ? OTHER_STRING : STRING);
                    } else if (b == '"') {
                        return quotedIdentifier();
                    } else if (b == '$') {
                        return dollar();
                    } else {
                        return symbol(b);
                    }
                }
            }
        }
        start = limit;
        end = limit;
        return END;
    }

    /** Whether the current word or identifier is this one, which is given in lower case. Quoted ones keep their case. */
    boolean is(byte[] lower) {
        if (length() != lower.length) {
            return false;
        }
        byte[] known = decoded;
        for (int i = 0; i < lower.length; i++) {
            byte b = known == null ? buf.getByte(start + i) : known[i];
            if (b != lower[i] && (b < 'A' || b > 'Z' || b + 32 != lower[i])) {
                return false;
            }
        }
        return true;
    }

    /** The first character of the current token, in lower case if it is a letter. */
    int first() {
        byte[] known = decoded;
        if (known != null) {
            return known.length > 0 ? known[0] | 0x20 : 0;
        }
        return start < end ? buf.getByte(start) | 0x20 : 0;
    }

    private byte peek(int ahead) {
        return at + ahead < limit ? buf.getByte(at + ahead) : 0;
    }

    private int word(byte first) {
        if (limit - at > 1) {
            byte quote = buf.getByte(at + 1);
            if (quote == '\'') {
                switch (first) {
                    case 'e', 'E' -> {
                        return string(at + 1, true, OTHER_STRING);
                    }
                    case 'b', 'B', 'x', 'X', 'n', 'N' -> {
                        return string(at + 1, backslashes, OTHER_STRING);
                    }
                    default -> {
                        // a word right before a string
                    }
                }
            } else if (quote == '&' && (first == 'u' || first == 'U')) {
                byte third = peek(2);
                if (third == '\'') {
                    return string(at + 2, false, OTHER_STRING);
                }
                if (third == '"') {
                    at += 2;
                    int kind = peeking ? quotedIdentifier() : unicodeIdentifier();
                    quoted = true;
                    escaped = true;
                    return kind;
                }
            }
        }
        quoted = false;
        escaped = false;
        start = at;
        int i = at + 1;
        while (i < limit) {
            byte b = buf.getByte(i);
            byte kind = Characters.classOf(b);
            if (kind != Characters.LETTER && kind != Characters.DIGIT && b != '$') {
                break;
            }
            i++;
        }
        at = i;
        end = i;
        return WORD;
    }

    private int number() {
        start = at;
        int i = at + 1;
        while (i < limit) {
            byte b = buf.getByte(i);
            byte kind = Characters.classOf(b);
            if (kind != Characters.DIGIT && kind != Characters.LETTER && b != '.') {
                break;
            }
            i++;
        }
        at = i;
        end = i;
        symbol = '0';
        return SYMBOL;
    }

    private int symbol(byte b) {
        start = at;
        at++;
        end = at;
        symbol = b;
        return SYMBOL;
    }

    /** @param quote where the opening quote is */
    private int string(int quote, boolean escapes, int kind) {
        start = quote + 1;
        int i = start;
        boolean hasEscape = false;
        while (i < limit) {
            byte b = buf.getByte(i);
            if (b == '\\' && escapes) {
                hasEscape = true;
                i += 2;
            } else if (b != '\'') {
                i++;
            } else if (i + 1 < limit && buf.getByte(i + 1) == '\'') {
                i += 2;
            } else {
                break;
            }
        }
        end = Math.min(i, limit);
        at = Math.min(i + 1, limit);
        return escapes && !hasEscape ? STRING : kind;
    }

    /** An identifier with Unicode escapes, and the UESCAPE behind it. */
    private int unicodeIdentifier() {
        quotedIdentifier();
        int from = start;
        int to = end;
        int behind = at;
        escape = '\\';
        peeking = true;
        if (cut() == WORD && is(Words.UESCAPE) && cut() == STRING && length() == 1) {
            escape = buf.getByte(start);
        } else {
            at = behind;
        }
        peeking = false;
        start = from;
        end = to;
        decoded = UnicodeEscapes.decode(buf.toString(from, to - from, StandardCharsets.UTF_8), (char) escape);
        return QUOTED_IDENTIFIER;
    }

    private int quotedIdentifier() {
        quoted = true;
        escaped = false;
        start = at + 1;
        end = Spans.endOfIdentifier(buf, start, limit);
        at = Math.min(end + 1, limit);
        return QUOTED_IDENTIFIER;
    }

    /** A parameter like {@code $1}, the begin of a dollar quote, or a lonely dollar. */
    private int dollar() {
        int tagEnd = at + 1;
        if (tagEnd < limit && Characters.classOf(buf.getByte(tagEnd)) != Characters.DIGIT) {
            while (tagEnd < limit && Characters.classOf(buf.getByte(tagEnd)) != Characters.OTHER && !isSpace(tagEnd)) {
                tagEnd++;
            }
            if (tagEnd < limit && buf.getByte(tagEnd) == '$') {
                return dollarQuote(tagEnd + 1);
            }
        }
        int from = at;
        at++;
        while (at < limit && Characters.classOf(buf.getByte(at)) == Characters.DIGIT) {
            at++;
        }
        start = from;
        end = at;
        symbol = '$';
        return SYMBOL;
    }

    private boolean isSpace(int index) {
        return Characters.classOf(buf.getByte(index)) == Characters.SPACE;
    }

    private int dollarQuote(int bodyStart) {
        start = bodyStart;
        end = Spans.endOfDollarQuote(buf, at, bodyStart, limit);
        at = Math.min(end + bodyStart - at, limit);
        return OTHER_STRING;
    }
}
