package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Text as the bytes that it is on the wire, each byte a character of a String. Names and values of parameters are kept so:
 * they may be in any encoding, and the other side gets the same bytes.
 */
public final class RawText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private RawText() {}

    /** A region of a message. */
    public static String read(ByteBuf buf, int from, int to) {
        return buf.toString(from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The bytes that a text has in UTF-8. */
    public static String of(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** For people: the text that the bytes are in UTF-8. */
    public static String toText(String raw) {
        return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Appends the bytes and a zero. */
    public static void write(ByteBuf out, String raw) {
        out.writeCharSequence(raw, StandardCharsets.ISO_8859_1);
        out.writeByte(0);
    }

    /** Whether it is the same in all encodings. */
    public static boolean isAscii(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) >= 128) {
                return false;
            }
        }
        return true;
    }

    /** As {@code \xNN}, with lower-case digits. */
    public static void escape(StringBuilder to, char b) {
        to.append("\\x").append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
    }

    /** What pairs of hexadecimal digits stand for. */
    public static String unhex(String digits) {
        StringBuilder raw = new StringBuilder(digits.length() / 2);
        for (int i = 0; i + 1 < digits.length(); i += 2) {
            raw.append((char) (Character.digit(digits.charAt(i), 16) << 4 | Character.digit(digits.charAt(i + 1), 16)));
        }
        return raw.toString();
    }
}
