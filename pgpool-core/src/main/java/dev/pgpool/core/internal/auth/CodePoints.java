package dev.pgpool.core.internal.auth;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A set of code points, kept as sorted ranges. Immutable. */
final class CodePoints {

    private static final int HEX = 16;

    private final int[] firsts;
    private final int[] lasts;

    private CodePoints(int[] firsts, int[] lasts) {
        this.firsts = firsts;
        this.lasts = lasts;
    }

    /** Of a text with hexadecimal code points and ranges in rising order, {@code 41 61-7A}. */
    static CodePoints of(String ranges) {
        String[] words = ranges.strip().split("\\s+");
        int[] firsts = new int[words.length];
        int[] lasts = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            int dash = words[i].indexOf('-');
            firsts[i] = Integer.parseInt(dash < 0 ? words[i] : words[i].substring(0, dash), HEX);
            lasts[i] = dash < 0 ? firsts[i] : Integer.parseInt(words[i].substring(dash + 1), HEX);
        }
        return new CodePoints(firsts, lasts);
    }

    boolean contains(int codePoint) {
        int at = Arrays.binarySearch(firsts, codePoint);
        int range = at >= 0 ? at : -at - 2;
        return range >= 0 && codePoint <= lasts[range];
    }

    /** The first and the last of each range. */
    IntStream bounds() {
        return IntStream.concat(Arrays.stream(firsts), Arrays.stream(lasts));
    }
}
