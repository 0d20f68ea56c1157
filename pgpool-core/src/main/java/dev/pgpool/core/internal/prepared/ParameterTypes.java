package dev.pgpool.core.internal.prepared;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The types that servers have inferred for the parameters of one text, each combination once, so that comparing is comparing
 * identities. PostgreSQL infers them when it parses a statement, and never again for that statement. Nearly always there is one
 * combination. Thread-safe.
 */
final class ParameterTypes {
    private final List<int[]> known = new ArrayList<>(1);

    /** The one object for these types. Not to be written to. */
    synchronized int[] shared(int[] types) {
        for (int[] one : known) {
            if (Arrays.equals(one, types)) {
                return one;
            }
        }
        known.add(types);
        return types;
    }

    /** Whether a Parse body leaves the type of a parameter to the server, or may do so. */
    static boolean areOpen(byte[] parseBody) {
        int end = 0;
        int parameters = 0;
        while (end < parseBody.length && parseBody[end] != 0) {
            if (parseBody[end++] == '$') {
                parameters = Math.max(parameters, number(parseBody, end));
            }
        }
        int count = end + 2 < parseBody.length ? ((parseBody[end + 1] & 0xff) << 8) | (parseBody[end + 2] & 0xff) : 0;
        if (parameters > count) {
            return true;
        }
        for (int at = end + 3; at + 4 <= parseBody.length; at += 4) {
            if ((parseBody[at] | parseBody[at + 1] | parseBody[at + 2] | parseBody[at + 3]) == 0) {
                return true;
            }
        }
        return false;
    }

    private static int number(byte[] text, int from) {
        int number = 0;
        for (int i = from; i < text.length && text[i] >= '0' && text[i] <= '9' && number < 100_000; i++) {
            number = 10 * number + text[i] - '0';
        }
        return number;
    }

    /** A Parse body of the same text with these types. */
    static byte[] body(byte[] parseBody, int[] types) {
        int end = 0;
        while (parseBody[end] != 0) {
            end++;
        }
        byte[] body = Arrays.copyOf(parseBody, end + 3 + 4 * types.length);
        body[end + 1] = (byte) (types.length >> 8);
        body[end + 2] = (byte) types.length;
        for (int i = 0; i < types.length; i++) {
            for (int k = 0; k < 4; k++) {
                body[end + 3 + 4 * i + k] = (byte) (types[i] >> (24 - 8 * k));
            }
        }
        return body;
    }

    /** What stands in a complete ParameterDescription. Tolerates any content. */
    static int[] read(ByteBuf buf, int bodyIndex, int bodyEnd) {
        int[] types = new int[Math.max(0, (bodyEnd - bodyIndex - 2) / 4)];
        for (int i = 0; i < types.length; i++) {
            types[i] = buf.getInt(bodyIndex + 2 + 4 * i);
        }
        return types;
    }
}
