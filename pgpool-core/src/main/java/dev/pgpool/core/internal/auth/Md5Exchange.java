package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** The client answers a random salt with a digest of its password. */
final class Md5Exchange implements ClientExchange {

    private static final int SALT_BYTES = 4;

    private final String user;
    private final @Nullable Credential credential;
    private final byte[] salt = new byte[SALT_BYTES];

    Md5Exchange(String user, @Nullable Credential credential, SecureRandom random) {
        this.user = user;
        this.credential = credential;
        random.nextBytes(salt);
    }

    @Override
    public void begin(ByteBuf out) {
        AuthenticationMessages.appendRequest(out, AuthenticationMessages.MD5_PASSWORD, salt);
    }

    @Override
    public boolean needsOffload() {
        return false;
    }

    @Override
    public Verdict onResponse(ByteBuf body, ByteBuf out) {
        byte[] response = AuthenticationMessages.password(body);
        String password = credential instanceof Credential.Plain plain ? plain.password() : "";
        byte[] stored = Md5Digest.ofPassword(password.getBytes(UTF_8), user);
        boolean usable = !password.isEmpty();
        if (credential instanceof Credential.Md5 md5) {
            stored = md5.digest().getBytes(US_ASCII);
            usable = true;
        }
        boolean matches = MessageDigest.isEqual(Md5Digest.response(stored, salt), response);
        return matches && usable ? Verdict.ACCEPTED : Verdict.REJECTED;
    }
}
