package dev.pgpool.core.internal.embedded;

/**
 * How many answers a thread's request is owed still, counted in the bytes of both ways: each Query, Sync and FunctionCall ends with a
 * ReadyForQuery of its own. A driver may send several at once. Under the lock of the connection.
 */
final class OwedAnswers {
    private final Messages asked = new Messages("QSF");
    private final Messages answered = new Messages("Z");
    private int owed;

    /** A request begins with the next byte that is written, its answer with the next that is read. */
    void begin() {
        asked.begin();
        answered.begin();
        owed = 0;
    }

    void onWritten(byte[] bytes, int offset, int length) {
        owed += asked.count(bytes, offset, length);
    }

    /** Whether the last answer has come to its end with these bytes. */
    boolean isLast(byte[] bytes, int offset, int length) {
        int ends = answered.count(bytes, offset, length);
        owed -= ends;
        return ends > 0 && owed <= 0;
    }

    /** Counts messages of some types in bytes that come in pieces. */
    private static final class Messages {
        private static final int HEADER = 5;

        private final String types;
        /** How much of the next header is known, and of what follows it is still to come. */
        private int known;

        private int length;
        private int left;
        private boolean wanted;

        Messages(String types) {
            this.types = types;
        }

        void begin() {
            known = 0;
            left = 0;
        }

        /** How many have come to their end. */
        int count(byte[] bytes, int offset, int size) {
            int found = 0;
            int end = offset + size;
            int at = offset;
            while (at < end) {
                if (left > 0) {
                    int skipped = Math.min(left, end - at);
                    left -= skipped;
                    at += skipped;
                } else {
                    onHeader(bytes[at++]);
                }
                if (known == HEADER && left <= 0) {
                    known = 0;
                    found += wanted ? 1 : 0;
                }
            }
            return found;
        }

        private void onHeader(byte next) {
            if (known == 0) {
                wanted = types.indexOf(next) >= 0;
                length = 0;
            } else {
                length = (length << Byte.SIZE) | (next & 0xff);
            }
            if (++known == HEADER) {
                left = length - Integer.BYTES;
            }
        }
    }
}
