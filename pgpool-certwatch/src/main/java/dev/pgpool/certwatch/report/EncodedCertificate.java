package dev.pgpool.certwatch.report;

import java.util.Arrays;

/** A certificate as it came, in DER. */
public final class EncodedCertificate {

    private final byte[] der;

    private EncodedCertificate(byte[] der) {
        this.der = der;
    }

    /** Takes a copy. */
    public static EncodedCertificate of(byte[] der) {
        return new EncodedCertificate(der.clone());
    }

    /** The bytes; a copy. */
    public byte[] der() {
        return der.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EncodedCertificate certificate && Arrays.equals(der, certificate.der);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(der);
    }

    @Override
    public String toString() {
        return der.length + " bytes";
    }
}
