package dev.pgpool.certwatch.internal.x509;

import java.security.PublicKey;
import java.util.Arrays;

/** A public key that Java cannot use, such as one on a curve that it does not know. */
public final class OddKey implements PublicKey {

    private static final long serialVersionUID = 1L;

    private final String algorithm;
    private final int bits;
    private final byte[] encoded;

    OddKey(String algorithm, int bits, byte[] encoded) {
        this.algorithm = algorithm;
        this.bits = bits;
        this.encoded = encoded;
    }

    @Override
    public String getAlgorithm() {
        return algorithm;
    }

    /** Size in bits, 0 if unknown. */
    public int bits() {
        return bits;
    }

    @Override
    public String getFormat() {
        return "X.509";
    }

    @Override
    public byte[] getEncoded() {
        return encoded.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OddKey key && Arrays.equals(encoded, key.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }
}
