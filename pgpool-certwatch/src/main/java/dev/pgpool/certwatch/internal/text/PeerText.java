package dev.pgpool.certwatch.internal.text;

/**
 * Text that a peer or a file chose, for log lines, terminals, labels and chats. A newline would begin a log line of its own, an
 * ESC would command the terminal, and a bidirectional control would show one name as another; so each character that has no
 * shape of its own is shown as backslash, u and four hexadecimal digits.
 */
public final class PeerText {

    /** Longer messages are cut: a certificate may hold names of many kilobytes, and a log line or a chat may not. */
    public static final int MAX_MESSAGE = 2000;

    private PeerText() {}

    /** The text with every control, format, separator, private and unpaired character escaped; itself if there is none. */
    public static String escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return escape(text, i);
            }
        }
        return text;
    }

    /** The same, not longer than a message may be. */
    public static String message(String text) {
        return shortened(escape(text), MAX_MESSAGE);
    }

    /** At most so many characters, and three dots for the rest. */
    public static String shortened(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        boolean pair = Character.isHighSurrogate(text.charAt(most - 1));
        return text.substring(0, pair ? most - 1 : most) + "...";
    }

    /** A failure for the log: the stack trace, and the message escaped, since a message often repeats what was read. */
    public static Throwable safe(Throwable failure) {
        return new Shown(failure);
    }

    private static String escape(String text, int from) {
        StringBuilder safe = new StringBuilder(text.length() + 16).append(text, 0, from);
        for (int i = from; i < text.length(); ) {
            int point = text.codePointAt(i);
            int length = Character.charCount(point);
            if (hasShape(point)) {
                safe.appendCodePoint(point);
            } else {
                for (int j = i; j < i + length; j++) {
                    safe.append(String.format("\\u%04x", (int) text.charAt(j)));
                }
            }
            i += length;
        }
        return safe.toString();
    }

    /**
     * Besides what Unicode calls controls: spaces that look like another, and letters, marks and fillers that are drawn as nothing
     * (Unicode's Default_Ignorable_Code_Point, and the empty braille cell).
     */
    private static boolean isBlank(int point) {
        return (Character.isSpaceChar(point) && point != ' ')
                || point == 0x034F
                || (point >= 0x115F && point <= 0x1160)
                || (point >= 0x17B4 && point <= 0x17B5)
                || (point >= 0x180B && point <= 0x180F)
                || point == 0x2800
                || point == 0x3164
                || (point >= 0xFE00 && point <= 0xFE0F)
                || point == 0xFFA0
                || (point >= 0xE0000 && point <= 0xE0FFF);
    }

    private static boolean hasShape(int point) {
        if (isBlank(point)) {
            return false;
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    private static final class Shown extends Exception {

        private static final long serialVersionUID = 1L;

        Shown(Throwable failure) {
            super(message(failure.toString()));
            setStackTrace(failure.getStackTrace());
        }

        @Override
        public String toString() {
            return String.valueOf(getMessage());
        }
    }
}
