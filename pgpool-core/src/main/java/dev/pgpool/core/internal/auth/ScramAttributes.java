package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Base64;

/**
 * Reads the {@code name=value} attributes of one SCRAM message from left to right.
 *
 * <p>Messages are read as ISO 8859-1, which keeps each byte: what is signed is bytes, and a user name in them may be in
 * any encoding.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-7">RFC 5802, formal syntax</a>
 */
final class ScramAttributes {

    private final String message;
    private int position;

    ScramAttributes(byte[] message) {
        this.message = new String(message, ISO_8859_1);
        if (this.message.indexOf('\0') >= 0) {
            throw malformed("zero byte");
        }
    }

    int position() {
        return position;
    }

    boolean atEnd() {
        return position == message.length();
    }

    /** Whether the rest begins with this text. */
    boolean startsWith(String text) {
        return message.startsWith(text, position);
    }

    void expect(String text) {
        if (!startsWith(text)) {
            throw malformed("\"" + text + "\" expected at offset " + position);
        }
        position += text.length();
    }

    /** The value of the attribute that must come next. */
    String value(char name) {
        expect(name + "=");
        return rest();
    }

    /** Skips an attribute that we do not know. */
    void skip() {
        boolean letter = !atEnd() && isLetter(message.charAt(position));
        if (!letter) {
            throw malformed("attribute expected at offset " + position);
        }
        value(message.charAt(position));
    }

    /** A nonce: printable ASCII without comma, not empty. */
    String nonce() {
        String nonce = value('r');
        if (nonce.isEmpty() || !nonce.chars().allMatch(c -> c >= 0x21 && c <= 0x7e)) {
            throw malformed("empty or non-printable nonce");
        }
        return nonce;
    }

    byte[] base64(char name) {
        String value = value(name);
        try {
            if (!value.isEmpty() && value.length() % 4 == 0) {
                return Base64.getDecoder().decode(value);
            }
        } catch (IllegalArgumentException e) {
            throw malformed("attribute \"" + name + "\" is not Base64");
        }
        throw malformed("attribute \"" + name + "\" is not Base64");
    }

    String whole() {
        return message;
    }

    static AuthenticationProtocolException malformed(String what) {
        return new AuthenticationProtocolException("malformed SCRAM message (" + what + ")");
    }

    private String rest() {
        int comma = message.indexOf(',', position);
        int end = comma < 0 ? message.length() : comma;
        String value = message.substring(position, end);
        position = comma < 0 ? end : comma + 1;
        return value;
    }

    private static boolean isLetter(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
}
