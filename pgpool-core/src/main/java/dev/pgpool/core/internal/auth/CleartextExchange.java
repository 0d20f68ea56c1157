package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The client sends its password in clear. Each refusal costs one key derivation, because checking the password against
 * a verifier does.
 */
final class CleartextExchange implements ClientExchange {

    private final String user;
    private final @Nullable Credential credential;
    private final KeyDeriver deriver;
    private @Nullable Credential proven;

    CleartextExchange(String user, @Nullable Credential credential, KeyDeriver deriver) {
        this.user = user;
        this.credential = credential;
        this.deriver = deriver;
    }

    @Override
    public void begin(ByteBuf out) {
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.CLEARTEXT_PASSWORD, new byte[0]);
    }

    @Override
    public boolean needsOffload() {
        return true;
    }

    @Override
    public @Nullable Credential proven() {
        return proven;
    }

    @Override
    public Verdict onResponse(ByteBuf body, ByteBuf out) {
        byte[] password = AuthenticationMessages.password(body);
        Credential.ScramVerifier verifier = ScramExchange.verifierOf(credential);
        if (verifier != null && password.length > 0) {
            return verdict(matches(password, verifier));
        }
        // As in PostgreSQL, the empty password lets no client in.
        boolean matches = password.length > 0 && matches(password);
        if (!matches) {
            deriver.spend();
        }
        return verdict(matches);
    }

    private boolean matches(byte[] password) {
        if (credential instanceof Credential.Plain plain) {
            return MessageDigest.isEqual(plain.password().getBytes(UTF_8), password);
        }
        byte[] digest = Md5Digest.ofPassword(password, user);
        return credential instanceof Credential.Md5 md5
                && MessageDigest.isEqual(md5.digest().getBytes(UTF_8), digest);
    }

    private boolean matches(byte[] password, Credential.ScramVerifier verifier) {
        String text;
        try {
            text = UTF_8.newDecoder().decode(ByteBuffer.wrap(password)).toString();
        } catch (CharacterCodingException notUtf8) {
            deriver.spend();
            return false;
        }
        byte[] salt = Base64.getDecoder().decode(verifier.salt());
        ScramKeys keys = deriver.derive(text, salt, verifier.iterations());
        boolean matches = keys.sameServerKey(ScramKeys.ofVerifier(verifier));
        proven = matches ? keys.proving(verifier) : null;
        return matches;
    }

    private static Verdict verdict(boolean matches) {
        return matches ? Verdict.ACCEPTED : Verdict.REJECTED;
    }
}
