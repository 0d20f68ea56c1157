package dev.pgpool.certwatch.internal.tls;

/** A stapled OCSP response as it came. */
public final class EncodedStaple {

    private final byte[] encoded;

    /** Takes a copy. */
    public EncodedStaple(byte[] encoded) {
        this.encoded = encoded.clone();
    }

    /** The encoded response; a copy. */
    public byte[] encoded() {
        return encoded.clone();
    }
}
