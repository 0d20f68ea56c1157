package dev.pgpool.core.auth;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text of a file that people edit: UTF-8, with or without the byte-order mark that some editors put before it. */
public final class EditedText {
    private static final char MARK = '\uFEFF';

    private EditedText() {}

    /** The bytes are no UTF-8; the message says what they are. */
    public static final class NotUtf8 extends CharacterCodingException {
        private static final long serialVersionUID = 1L;

        private final String what;

        NotUtf8(String what) {
            this.what = what;
        }

        @Override
        public String getMessage() {
            return what;
        }
    }

    /** The text of a whole file, without a byte-order mark. */
    public static String decode(byte[] bytes) throws NotUtf8 {
        refuseOtherMarks(bytes);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return !text.isEmpty() && text.charAt(0) == MARK ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new NotUtf8("not valid UTF-8");
        }
    }

    private static void refuseOtherMarks(byte[] bytes) throws NotUtf8 {
        int first = bytes.length > 0 ? bytes[0] & 0xff : 0;
        int second = bytes.length > 1 ? bytes[1] & 0xff : 0;
        if ((first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff)) {
            throw new NotUtf8("begins with the byte-order mark of UTF-16 (expected: UTF-8)");
        }
        if (bytes.length > 3 && first == 0 && second == 0 && (bytes[2] & 0xff) == 0xfe && (bytes[3] & 0xff) == 0xff) {
            throw new NotUtf8("begins with the byte-order mark of UTF-32 (expected: UTF-8)");
        }
    }
}
