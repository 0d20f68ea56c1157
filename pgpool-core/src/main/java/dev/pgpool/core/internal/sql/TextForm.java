package dev.pgpool.core.internal.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the bytes of a client's texts are to be read: what a backslash in a plain string is (standard_conforming_strings), and
 * which bytes belong to a character before them (client_encoding). PostgreSQL converts a text to the encoding of the database
 * before it reads it; in all of those a byte that looks like ASCII is ASCII. In a few encodings of clients the second byte of a
 * character may be a backslash. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/multibyte.html">Character Set Support</a>
 */
public final class TextForm {
    private enum Characters {
        /** ASCII bytes are ASCII characters. */
        PLAIN,
        /** Each byte above 127 goes together with the next one. GB18030's of four bytes are two of these. */
        PAIRS,
        /** The same, but for the half-width katakana of one byte. */
        SHIFT_JIS;

        static Characters of(@Nullable String encoding) {
            return switch (encoding == null ? "" : encoding.toUpperCase(Locale.ROOT)) {
                case "BIG5", "GBK", "UHC", "GB18030", "JOHAB" -> PAIRS;
                case "SJIS", "SHIFT_JIS_2004" -> SHIFT_JIS;
                default -> PLAIN;
            };
        }
    }

    private static final int KATAKANA_FIRST = 0xa1;
    private static final int KATAKANA_LAST = 0xdf;

    /** As texts are nearly always read. */
    public static final TextForm STANDARD = new TextForm(false, Characters.PLAIN);
    /** With standard_conforming_strings off. */
    public static final TextForm BACKSLASHES = new TextForm(true, Characters.PLAIN);
    /** The parameters that decide it are just being changed: what any reading finds counts. */
    public static final TextForm UNKNOWN = new TextForm();

    private final boolean backslashes;
    private final Characters characters;
    private final List<TextForm> readings;

    private TextForm() {
        this.backslashes = false;
        this.characters = Characters.PLAIN;
        List<TextForm> all = new ArrayList<>();
        for (Characters each : Characters.values()) {
            all.add(new TextForm(false, each));
            all.add(new TextForm(true, each));
        }
        this.readings = List.copyOf(all);
    }

    private TextForm(boolean backslashes, Characters characters) {
        this.backslashes = backslashes;
        this.characters = characters;
        this.readings = characters == Characters.PLAIN
                ? List.of(this)
                // a database that converts nothing (SQL_ASCII) reads the bytes as they are
                : List.of(new TextForm(backslashes, Characters.PLAIN), this);
    }

    /**
     * The form of a session's texts.
     *
     * @param backslashes whether a backslash escapes in plain strings
     * @param encoding the session's client_encoding, as the server tells it; null if it is not known
     */
    public static TextForm of(boolean backslashes, @Nullable String encoding) {
        Characters characters = Characters.of(encoding);
        if (characters == Characters.PLAIN) {
            return backslashes ? BACKSLASHES : STANDARD;
        }
        return new TextForm(backslashes, characters);
    }

    boolean backslashes() {
        return backslashes;
    }

    /** Whether an ASCII byte may be the second one of a character. */
    boolean hidesAscii() {
        return characters != Characters.PLAIN;
    }

    /** The ways in which a text may be read: that of this form, and others if it is not certain. */
    List<TextForm> readings() {
        return readings;
    }

    /** Whether the byte, which begins a character, goes together with the next one. */
    boolean isLead(byte b) {
        int c = b & 0xff;
        return c >= 0x80 && !(characters == Characters.SHIFT_JIS && c >= KATAKANA_FIRST && c <= KATAKANA_LAST);
    }

    /** A copy of a text in which no byte of a longer character looks like ASCII. */
    ByteBuf veiled(ByteBuf buf, int from, int to) {
        ByteBuf copy = Unpooled.buffer(to - from);
        boolean inside = false;
        for (int i = from; i < to; i++) {
            byte b = buf.getByte(i);
            copy.writeByte(inside ? veiled(b) : b);
            inside = !inside && isLead(b);
        }
        return copy;
    }

    /** The second byte of a character as one that does not look like ASCII. */
    static byte veiled(byte b) {
        return (byte) (b | 0x80);
    }
}
