package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Reads SQL text that is too long to be held, as it passes: comments are dropped and long strings are cut, and what is left is
 * given to a {@link StatementScanner} in pieces, which end between statements or, in a statement without end, between
 * tokens; then the next piece begins a little before. So it is read as a short text is, whatever segments it comes in.
 *
 * <p>Cuts text where {@link Lexer} does. Reused from text to text; confined to one thread.
 */
public final class LongText {
    private static final int CODE = 0;
    private static final int LINE_COMMENT = 1;
    private static final int BLOCK_COMMENT = 2;
    private static final int STRING = 3;
    private static final int IDENTIFIER = 4;
    private static final int DOLLAR_TAG = 5;
    private static final int DOLLAR_STRING = 6;

    /** Pieces that end between statements. */
    private static final int PIECE = 16 * 1_024;
    /** Pieces that end inside of a statement. */
    private static final int LONG_PIECE = 64 * 1_024;
    /** What two pieces of a statement share: longer than any call that is looked for. */
    private static final int OVERLAP = 512;
    /** Bytes of a string that are read: longer than any name, and than most blocks. */
    private static final int STRING_LIMIT = 32 * 1_024;

    private static final int TAG_LIMIT = 256;

    private final StatementScanner scanner = new StatementScanner();
    private final byte[] tag = new byte[TAG_LIMIT];
    private ByteBuf piece = Unpooled.EMPTY_BUFFER;
    private SessionEffects found = SessionEffects.NONE;
    private boolean open;
    private TextForm form = TextForm.STANDARD;
    private boolean backslashes;
    /** The byte before was the first of a character of two. */
    private boolean insideCharacter;

    private int state;
    private int depth;
    /** The byte before, if it may begin something together with the next one; else 0. */
    private byte before;
    /** In a string: it has escapes, the byte before was a backslash, the byte before may have ended it. */
    private boolean escapes;

    private boolean escaped;
    private boolean closing;
    private int content;
    private int tagLength;
    private int tagSeen;
    /** The word that ends right here: its length, and its only letter if it has one. */
    private int wordLength;

    private byte letter;
    /** It was {@code U&} right before. */
    private boolean unicode;

    /** The first word of the statement so far, which is over or not. */
    private int headLength;

    private boolean headIsDo;
    private boolean headOver;

    private boolean continued;
    private int boundary;
    private int earlierBoundary;

    /** Whether a text has begun and not ended. */
    public boolean isOpen() {
        return open;
    }

    /** Begins with a text of this form; if that is not known, it is taken for one that can't be read. */
    public void begin(TextForm textForm) {
        form = textForm;
        backslashes = textForm.backslashes();
        insideCharacter = false;
        piece = Unpooled.buffer(PIECE);
        found = textForm == TextForm.UNKNOWN ? SessionEffects.NONE.andMore() : SessionEffects.NONE;
        open = true;
        state = CODE;
        depth = 0;
        before = 0;
        closing = false;
        escaped = false;
        continued = false;
        boundary = 0;
        earlierBoundary = 0;
        beginStatement();
        noWord();
    }

    /** The next bytes of the text; lent. */
    public void feed(ByteBuf buf, int from, int to) {
        boolean hides = form.hidesAscii();
        for (int i = from; i < to; i++) {
            byte b = buf.getByte(i);
            if (hides) {
                take(insideCharacter ? TextForm.veiled(b) : b);
                insideCharacter = !insideCharacter && form.isLead(b);
            } else {
                take(b);
            }
        }
    }

    /** The text is over: what it does. */
    public SessionEffects end() {
        if (before != 0) {
            piece.writeByte(before);
        }
        scan(false);
        open = false;
        piece = Unpooled.EMPTY_BUFFER;
        return found;
    }

    private void take(byte b) {
        switch (state) {
            case CODE -> code(b);
            case LINE_COMMENT -> {
                if (b == '\n' || b == '\r') {
                    state = CODE;
                }
            }
            case BLOCK_COMMENT -> comment(b);
            case STRING -> string(b);
            case IDENTIFIER -> identifier(b);
            case DOLLAR_TAG -> tag(b);
            default -> dollarString(b);
        }
    }

    private void code(byte b) {
        byte first = before;
        before = 0;
        if (first == '-' && b == '-') {
            beginComment(LINE_COMMENT);
            return;
        }
        if (first == '/' && b == '*') {
            depth = 1;
            beginComment(BLOCK_COMMENT);
            return;
        }
        if (first != 0) {
            piece.writeByte(first);
            noWord();
        }
        switch (b) {
            case '-', '/' -> before = b;
            case '\'' -> beginString();
            case '"' -> begin(IDENTIFIER, b);
            case '$' -> {
                if (wordLength > 0) {
                    word(b);
                } else {
                    state = DOLLAR_TAG;
                    tagLength = 0;
                }
            }
            default -> plain(b);
        }
    }

    private void plain(byte b) {
        if (isWord(b)) {
            word(b);
            return;
        }
        boolean afterU = b == '&' && wordLength == 1 && letter == 'u';
        noWord();
        unicode = afterU;
        boolean space = b == ' ' || (b >= 9 && b <= 13);
        if (space && piece.isReadable() && piece.getByte(piece.writerIndex() - 1) == ' ') {
            return;
        }
        piece.writeByte(space ? ' ' : b);
        if (b == ';') {
            beginStatement();
        }
        if (b == ';' && piece.readableBytes() >= PIECE) {
            scan(false);
        } else if (space || b == ',' || b == ';') {
            boundary();
        }
    }

    private static boolean isWord(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_' || b < 0;
    }

    private void word(byte b) {
        unicode = false;
        letter = wordLength++ == 0 ? (byte) (b | 0x20) : 0;
        piece.writeByte(b);
        if (!headOver) {
            headIsDo = headLength == 0 ? (b | 0x20) == 'd' : headIsDo && (b | 0x20) == 'o';
            headLength++;
        }
    }

    private void noWord() {
        headOver |= headLength > 0;
        wordLength = 0;
        letter = 0;
        unicode = false;
    }

    private void beginStatement() {
        headLength = 0;
        headIsDo = false;
        headOver = false;
    }

    private void beginComment(int kind) {
        state = kind;
        noWord();
        piece.writeByte(' ');
    }

    private void begin(int kind, byte b) {
        state = kind;
        content = 0;
        closing = false;
        escaped = false;
        piece.writeByte(b);
        noWord();
    }

    private void beginString() {
        boolean lone = wordLength == 1;
        escapes = (lone && letter == 'e') || (backslashes && !unicode);
        begin(STRING, (byte) '\'');
    }

    private void string(byte b) {
        if (closing) {
            closing = false;
            if (b != '\'') {
                state = CODE;
                piece.writeByte('\'');
                code(b);
                return;
            }
            content(b);
            content(b);
        } else if (escaped) {
            escaped = false;
            content(b);
        } else if (b == '\'') {
            closing = true;
        } else {
            escaped = escapes && b == '\\';
            content(b);
        }
    }

    private void identifier(byte b) {
        if (b == '"') {
            // doubled ones are two identifiers here, of which neither is one that matters
            state = CODE;
            piece.writeByte(b);
        } else {
            content(b);
        }
    }

    private void content(byte b) {
        content++;
        if (content <= STRING_LIMIT) {
            piece.writeByte(b);
        } else if (content == STRING_LIMIT + 1 && headLength == 2 && headIsDo) {
            found = found.and(SessionEffects.NONE.andMore());
        }
    }

    private void comment(byte b) {
        byte first = before;
        before = b;
        if (first == '*' && b == '/') {
            before = 0;
            depth--;
            if (depth == 0) {
                state = CODE;
            }
        } else if (first == '/' && b == '*') {
            before = 0;
            depth++;
        }
    }

    private void tag(byte b) {
        boolean part = isWord(b) && (tagLength > 0 || b < '0' || b > '9') && tagLength < TAG_LIMIT;
        if (part) {
            tag[tagLength++] = b;
            return;
        }
        piece.writeByte('$').writeBytes(tag, 0, tagLength);
        if (b == '$') {
            begin(DOLLAR_STRING, b);
            tagSeen = -1;
            return;
        }
        state = CODE;
        noWord();
        if (tagLength == TAG_LIMIT) {
            // a quote that can't be told from a name
            found = found.and(SessionEffects.NONE.andMore());
        }
        wordLength = tagLength;
        code(b);
    }

    /** {@code tagSeen} counts the bytes behind a dollar that are those of the tag; below 0 there is no dollar. */
    private void dollarString(byte b) {
        if (b == '$') {
            if (tagSeen == tagLength) {
                state = CODE;
                // with room for it, whatever was cut
                piece.writeByte('$').writeBytes(tag, 0, tagLength).writeByte('$');
                noWord();
                return;
            }
            flushSeen();
            tagSeen = 0;
        } else if (tagSeen >= 0 && tagSeen < tagLength && tag[tagSeen] == b) {
            tagSeen++;
        } else {
            flushSeen();
            content(b);
        }
    }

    private void flushSeen() {
        if (tagSeen >= 0) {
            content((byte) '$');
            for (int i = 0; i < tagSeen; i++) {
                content(tag[i]);
            }
            tagSeen = -1;
        }
    }

    private void boundary() {
        int here = piece.writerIndex();
        if (here - boundary >= OVERLAP) {
            earlierBoundary = boundary;
            boundary = here;
        }
        if (here >= LONG_PIECE) {
            scan(true);
        }
    }

    /** @param inside whether the statement goes on */
    private void scan(boolean inside) {
        SessionEffects effects = scanner.scan(piece, 0, piece.writerIndex(), backslashes, continued);
        found = found.and(effects);
        continued = inside;
        ByteBuf next = Unpooled.buffer(PIECE);
        if (inside) {
            next.writeBytes(piece, earlierBoundary, piece.writerIndex() - earlierBoundary);
        }
        piece = next;
        boundary = 0;
        earlierBoundary = 0;
    }
}
