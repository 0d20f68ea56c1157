package dev.pgpool.core.internal.sql;

/** What a byte is to PostgreSQL's scanner. */
final class Characters {
    static final byte OTHER = 0;
    /** Of a word; bytes above 127 are. */
    static final byte LETTER = 1;

    static final byte DIGIT = 2;
    static final byte SPACE = 3;

    private static final byte[] CLASSES = classes();

    private Characters() {}

    static byte classOf(byte b) {
        return CLASSES[b & 0xff];
    }

    private static byte[] classes() {
        byte[] classes = new byte[256];
        for (int c = 0; c < 256; c++) {
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
            if (letter) {
                classes[c] = LETTER;
            } else if (c >= '0' && c <= '9') {
                classes[c] = DIGIT;
            } else if (c == ' ' || (c >= 9 && c <= 13)) {
                classes[c] = SPACE;
            } else {
                classes[c] = OTHER;
            }
        }
        return classes;
    }
}
