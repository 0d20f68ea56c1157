package dev.pgpool.core.internal.auth;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts derivations, because counts can be compared and times cannot; the keys themselves are made up. */
final class CountingPbkdf2 implements KeyDeriver.Pbkdf2 {

    private final AtomicInteger count = new AtomicInteger();

    KeyDeriver deriver() {
        return new KeyDeriver(new SecureRandom(), this);
    }

    int count() {
        return count.get();
    }

    @Override
    public byte[] saltedPassword(char[] password, byte[] salt, int iterations) {
        count.incrementAndGet();
        byte[] key = new byte[ScramKeys.LENGTH];
        Arrays.fill(key, (byte) (31 * Arrays.hashCode(password) + 7 * Arrays.hashCode(salt) + iterations));
        return key;
    }
}
