package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/** The two messages of a login by password in clear, for those who judge the password themselves. */
public final class CleartextMessages {

    private CleartextMessages() {}

    /** Appends AuthenticationCleartextPassword. */
    public static void appendRequest(ByteBuf out) {
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.CLEARTEXT_PASSWORD, new byte[0]);
    }

    /**
     * The password of a client's {@code p} message.
     *
     * @param body the readable bytes are the message's body; lent for the duration of the call
     * @throws AuthenticationProtocolException if the message is malformed or not UTF-8
     */
    public static String password(ByteBuf body) {
        byte[] password = AuthenticationMessages.password(body);
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(password)).toString();
        } catch (CharacterCodingException e) {
            throw new AuthenticationProtocolException("the password is not valid UTF-8");
        }
    }
}
