package dev.pgpool.core.internal.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Derives keys from passwords, which costs milliseconds, and remembers them. Also invents the salts and keys of users
 * that do not exist. Thread-safe; one for the process.
 *
 * <p>Remembered keys are found by a keyed hash of the password, so that no password outlives the store it came from.
 *
 * <p>What a stranger can learn from the time an answer takes: nothing about which users exist. A password in clear
 * costs one derivation at its first use, so the first exchange for <em>any</em> user name costs one, whether the user
 * has a password, a verifier, or does not exist; from then on none costs one. See {@link #isNew}.
 */
final class KeyDeriver {

    static final KeyDeriver SHARED = new KeyDeriver(new SecureRandom(), KeyDeriver::pbkdf2);

    /** RFC 7677's minimum and PostgreSQL's default. */
    static final int DEFAULT_ITERATIONS = 4096;

    /** PostgreSQL's SCRAM_DEFAULT_SALT_LEN. */
    private static final int SALT_BYTES = 16;

    private static final int MAX_REMEMBERED = 4096;

    /** A quarter of a million names fit in 32 KiB; when all bits are set, strangers can cause no more derivations. */
    private static final int NAME_BITS = 1 << 18;

    private final Pbkdf2 pbkdf2;
    private final byte[] processKey = new byte[ScramKeys.LENGTH];
    private final ScramKeys mockKeys;
    private final Map<Key, ScramKeys> remembered = new LinkedHashMap<>(16, 0.75f, true);
    private final AtomicLongArray knownNames = new AtomicLongArray(NAME_BITS / Long.SIZE);
    private final Object[] derivations = new Object[16];

    KeyDeriver(SecureRandom random, Pbkdf2 pbkdf2) {
        this.pbkdf2 = pbkdf2;
        random.nextBytes(processKey);
        mockKeys = ScramKeys.ofSaltedPassword(keyedHash(processKey, "mock", ""));
        Arrays.setAll(derivations, i -> new Object());
    }

    /** The salt of a user for whom we hold none, in Base64: the same for the life of the process, real user or not. */
    String salt(String user) {
        byte[] salt = Arrays.copyOf(keyedHash("salt", user), SALT_BYTES);
        return Base64.getEncoder().encodeToString(salt);
    }

    /** Keys that no password leads to, for the exchange with a user who cannot be let in. */
    ScramKeys mockKeys() {
        return mockKeys;
    }

    /** Whether no exchange for this name has called {@link #spendOnce} yet. */
    boolean isNew(String user) {
        int bit = bit(user);
        return (knownNames.get(bit / Long.SIZE) & 1L << bit) == 0;
    }

    /** Marks the name as no longer new, at no cost. */
    void known(String user) {
        int bit = bit(user);
        knownNames.accumulateAndGet(bit / Long.SIZE, 1L << bit, (a, b) -> a | b);
    }

    /** Costs as much as the first use of a password would, if the name is new. */
    void spendOnce(String user) {
        if (isNew(user)) {
            known(user);
            spend();
        }
    }

    /** Costs as much as deriving the keys of a password. */
    void spend() {
        derive("mock", new byte[SALT_BYTES], DEFAULT_ITERATIONS);
    }

    /** Derives, and forgets. */
    ScramKeys derive(String password, byte[] salt, int iterations) {
        return ScramKeys.ofSaltedPassword(
                pbkdf2.saltedPassword(SaslPrep.prepare(password).toCharArray(), salt, iterations));
    }

    /** The keys if they are remembered; cheap. */
    @Nullable
    ScramKeys remembered(String password, String salt, int iterations) {
        Key key = key(password, salt, iterations);
        synchronized (remembered) {
            return remembered.get(key);
        }
    }

    /** The keys, remembered or derived now; many who ask for the same at once cause one derivation. */
    ScramKeys keys(String password, String salt, int iterations) {
        Key key = key(password, salt, iterations);
        synchronized (derivations[Math.floorMod(key.hashCode(), derivations.length)]) {
            ScramKeys known;
            synchronized (remembered) {
                known = remembered.get(key);
            }
            if (known != null) {
                return known;
            }
            ScramKeys derived = derive(password, Base64.getDecoder().decode(salt), iterations);
            remember(key, derived);
            return derived;
        }
    }

    void remember(String password, String salt, int iterations, ScramKeys keys) {
        remember(key(password, salt, iterations), keys);
    }

    private void remember(Key key, ScramKeys keys) {
        synchronized (remembered) {
            remembered.put(key, keys);
            if (remembered.size() > MAX_REMEMBERED) {
                Iterator<Key> eldest = remembered.keySet().iterator();
                eldest.next();
                eldest.remove();
            }
        }
    }

    private Key key(String password, String salt, int iterations) {
        return new Key(Base64.getEncoder().encodeToString(keyedHash("password", password)), salt, iterations);
    }

    private int bit(String user) {
        byte[] hash = keyedHash("name", user);
        return ((hash[0] & 0xff) << 16 | (hash[1] & 0xff) << 8 | (hash[2] & 0xff)) % NAME_BITS;
    }

    private byte[] keyedHash(String purpose, String text) {
        return keyedHash(processKey, purpose, text);
    }

    private static byte[] keyedHash(byte[] key, String purpose, String text) {
        return ScramKeys.hmac(key, (purpose + '\0' + text).getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] pbkdf2(char[] password, byte[] salt, int iterations) {
        var spec = new PBEKeySpec(password, salt, iterations, ScramKeys.LENGTH * Byte.SIZE);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new AuthenticationProtocolException(
                    AuthenticationProtocolException.FEATURE_NOT_SUPPORTED,
                    "SCRAM-SHA-256 is not possible: this JVM has no PBKDF2WithHmacSHA256");
        } finally {
            spec.clearPassword();
        }
    }

    /** Hi(password, salt, iterations) of RFC 5802. */
    @FunctionalInterface
    interface Pbkdf2 {
        byte[] saltedPassword(char[] password, byte[] salt, int iterations);
    }

    private record Key(String password, String salt, int iterations) {}
}
