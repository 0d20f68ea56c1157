package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import dev.pgpool.core.auth.Credential;
import java.util.Base64;

/** Makes what PostgreSQL stores, by the library's own path from password to keys. */
final class TestVerifiers {

    private TestVerifiers() {}

    static Credential.ScramVerifier of(String password, String salt, int iterations) {
        ScramMechanism mechanism = ScramMechanism.SCRAM_SHA_256;
        byte[] salted = ScramFunctions.saltedPassword(
                mechanism,
                StringPreparation.POSTGRESQL_PREPARATION,
                password.toCharArray(),
                Base64.getDecoder().decode(salt),
                iterations);
        byte[] clientKey = ScramFunctions.hmac(mechanism, salted, "Client Key".getBytes(US_ASCII));
        byte[] serverKey = ScramFunctions.hmac(mechanism, salted, "Server Key".getBytes(US_ASCII));
        Base64.Encoder base64 = Base64.getEncoder();
        return new Credential.ScramVerifier(
                iterations,
                salt,
                base64.encodeToString(ScramFunctions.hash(mechanism, clientKey)),
                base64.encodeToString(serverKey));
    }
}
