package dev.pgpool.core.internal.auth;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;

/**
 * The frames of the messages around authentication: {@code R} of a server, {@code p} of a client.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">Message formats</a>
 */
final class AuthenticationMessages {

    static final int OK = 0;
    static final int CLEARTEXT_PASSWORD = 3;
    static final int MD5_PASSWORD = 5;
    static final int SASL = 10;
    static final int SASL_CONTINUE = 11;
    static final int SASL_FINAL = 12;

    static final String SCRAM_SHA_256 = "SCRAM-SHA-256";

    /** With channel binding: bound to the encrypted connection. */
    static final String SCRAM_SHA_256_PLUS = "SCRAM-SHA-256-PLUS";

    /** What PostgreSQL binds by, as the flag of a first message. */
    static final String BOUND = "p=tls-server-end-point";

    /** PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH; we hold servers to it as well. */
    static final int MAX_SASL_MESSAGE = 1024;

    /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH. */
    static final int MAX_PASSWORD_MESSAGE = 65_535;

    private AuthenticationMessages() {}

    /** Appends an {@code R} message with the code and whatever follows it. */
    static void appendRequest(ByteBuf out, int code, byte[] payload) {
        out.writeByte('R').writeInt(8 + payload.length).writeInt(code).writeBytes(payload);
    }

    /** Appends a {@code p} message whose body is these bytes and a zero byte. */
    static void appendPassword(ByteBuf out, byte[] password) {
        out.writeByte('p').writeInt(5 + password.length).writeBytes(password).writeByte(0);
    }

    /** Appends a {@code p} message whose body is these bytes. */
    static void appendSaslResponse(ByteBuf out, byte[] response) {
        out.writeByte('p').writeInt(4 + response.length).writeBytes(response);
    }

    /** The whole of a lent body, after its length has been checked. */
    static byte[] bytes(ByteBuf body, int max, String what) {
        if (body.readableBytes() > max) {
            throw new AuthenticationProtocolException(
                    what + " has " + body.readableBytes() + " bytes (expected: at most " + max + ")");
        }
        return ByteBufUtil.getBytes(body);
    }

    /** The text before the zero byte that must be the last byte of a password message and its only one. */
    static byte[] password(ByteBuf body) {
        byte[] bytes = bytes(body, MAX_PASSWORD_MESSAGE, "password message");
        int end = body.bytesBefore((byte) 0);
        if (end != bytes.length - 1 || bytes.length == 0) {
            throw new AuthenticationProtocolException("invalid password packet size");
        }
        return Arrays.copyOf(bytes, end);
    }
}
