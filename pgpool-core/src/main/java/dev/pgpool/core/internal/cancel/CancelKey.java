package dev.pgpool.core.internal.cancel;

import java.security.MessageDigest;
import java.security.SecureRandom;

/** What a client must show to cancel: opaque bytes, 4 of them before protocol 3.2. */
public final class CancelKey {
    private static final int LENGTH_3_0 = 4;
    /** As PostgreSQL 18 does it. */
    private static final int LENGTH_3_2 = 32;

    private final int processId;
    private final byte[] secret;

    private CancelKey(int processId, byte[] secret) {
        this.processId = processId;
        this.secret = secret;
    }

    public static CancelKey create(int processId, int protocolMinor, SecureRandom random) {
        byte[] secret = new byte[protocolMinor >= 2 ? LENGTH_3_2 : LENGTH_3_0];
        random.nextBytes(secret);
        return new CancelKey(processId, secret);
    }

    public int processId() {
        return processId;
    }

    /** Not to be written to. */
    public byte[] secret() {
        return secret;
    }

    /** Compares in constant time. */
    public boolean opensWith(byte[] shown) {
        return MessageDigest.isEqual(secret, shown);
    }

    @Override
    public String toString() {
        return "CancelKey[processId=" + processId + "]";
    }
}
