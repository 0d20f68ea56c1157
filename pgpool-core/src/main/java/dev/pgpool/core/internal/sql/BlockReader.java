package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Reads text that runs as a block of PL/pgSQL, and in such a block the text that it runs. Reused from statement to statement;
 * confined to one thread.
 */
final class BlockReader {
    /** Text inside of text inside of text: deeper than this is written by no hand. */
    private static final int MAX_DEPTH = 4;

    private final Lexer lexer;
    private final EffectsBuilder found;
    private final int depth;

    /** @param depth of the text that the lexer reads: 0 is what a client sends, 1 a block in it */
    BlockReader(Lexer lexer, EffectsBuilder found, int depth) {
        this.lexer = lexer;
        this.found = found;
        this.depth = depth;
    }

    /**
     * At DO.
     *
     * @param backslashes whether a backslash escapes in plain strings
     * @param deferred whether it runs later
     */
    void doBlock(boolean backslashes, boolean deferred) {
        lexer.next();
        while (!lexer.isStatementOver()) {
            if (lexer.isString()) {
                inside(backslashes, deferred);
            }
            boolean language = lexer.isWord(Words.LANGUAGE);
            lexer.next();
            if (language && !lexer.is(Words.PLPGSQL)) {
                // what its statements are, and what they are made of, only it knows
                found.unread();
            }
        }
    }

    /** At text of a block, or in a string of one. */
    void inside(boolean backslashes, boolean deferred) {
        if (depth >= MAX_DEPTH || lexer.length() < 4) {
            return;
        }
        // without doubled quotes, so that what is quoted twice is read as it will be run
        byte[] text = lexer.text().replace("''", "'").getBytes(StandardCharsets.UTF_8);
        ByteBuf inner = Unpooled.wrappedBuffer(text);
        found.add(new StatementScanner(depth + 1).scan(inner, 0, text.length, backslashes, false), deferred);
    }

    /** Whether this is an EXECUTE of PL/pgSQL; in the text that it executes it is SQL's. */
    boolean isDynamic() {
        return depth == 1 && lexer.isWord(Words.EXECUTE);
    }

    /** At such an EXECUTE: a text that begins with a whole word is read where it stands, others are not there yet. */
    void execute() {
        lexer.next();
        if (lexer.isWord(Words.ON) || lexer.isWord(Words.FUNCTION) || lexer.isWord(Words.PROCEDURE)) {
            // a privilege, or a trigger
            return;
        }
        if (lexer.isWord(Words.FORMAT)) {
            lexer.next();
            if (lexer.isSymbol('(')) {
                lexer.next();
            }
        }
        if (!lexer.isString() || !beginsWithAWord(lexer.text())) {
            found.unread();
        }
    }

    private static boolean beginsWithAWord(String text) {
        String stripped = text.stripLeading();
        int end = 0;
        while (end < stripped.length() && Character.isLetter(stripped.charAt(end))) {
            end++;
        }
        return end > 0 && end < stripped.length() && Character.isWhitespace(stripped.charAt(end));
    }
}
