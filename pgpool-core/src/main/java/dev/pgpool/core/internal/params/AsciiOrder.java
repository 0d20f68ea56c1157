package dev.pgpool.core.internal.params;

import java.util.Comparator;

/** The order of names of parameters: as PostgreSQL compares them, the case of ASCII letters does not matter. */
enum AsciiOrder implements Comparator<String> {
    INSTANCE;

    @Override
    public int compare(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            int difference = lower(a.charAt(i)) - lower(b.charAt(i));
            if (difference != 0) {
                return difference;
            }
        }
        return a.length() - b.length();
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }
}
