package dev.pgpool.core.internal.sql;

import static dev.pgpool.core.internal.sql.Words.ascii;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Recognises the commands that begin, divide and end transactions. Drivers prepare them once for each connection, and nothing
 * in them is looked up when they are parsed: they mean the same at any time, whatever the catalog.
 */
public final class TransactionCommands {
    private static final List<byte[]> FIRST_WORDS = List.of(
            ascii("begin"),
            ascii("commit"),
            ascii("rollback"),
            ascii("savepoint"),
            ascii("release"),
            ascii("start"),
            ascii("end"),
            ascii("abort"));

    /** Those that a failed transaction obeys. */
    private static final List<byte[]> EXITS = List.of(ascii("rollback"), ascii("commit"), ascii("abort"), ascii("end"));

    private TransactionCommands() {}

    /**
     * Where a text goes on behind its first statement, if that is one that a failed transaction obeys.
     *
     * @return absolute index behind its semicolon; -1 if it is none, or nothing comes behind it
     */
    public static int behindExit(ByteBuf buf, int from, int to) {
        Lexer lexer = new Lexer();
        lexer.begin(buf, from, to, false);
        int token = lexer.next();
        if (token != Lexer.WORD || EXITS.stream().noneMatch(lexer::is)) {
            return -1;
        }
        while (token != Lexer.END && (token != Lexer.SYMBOL || lexer.symbol() != ';')) {
            token = lexer.next();
        }
        int behind = lexer.stop();
        return token == Lexer.END || lexer.next() == Lexer.END ? -1 : behind;
    }

    /** Whether the text in this region is one of them, as far as its first word says; if it is none, it won't parse. */
    public static boolean isOne(ByteBuf buf, int from, int to) {
        Lexer lexer = new Lexer();
        lexer.begin(buf, from, to, false);
        if (lexer.next() != Lexer.WORD) {
            return false;
        }
        for (byte[] word : FIRST_WORDS) {
            if (lexer.is(word)) {
                return true;
            }
        }
        return false;
    }
}
