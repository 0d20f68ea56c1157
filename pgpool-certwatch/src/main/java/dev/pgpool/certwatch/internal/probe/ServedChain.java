package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.internal.tls.EncodedStaple;
import dev.pgpool.certwatch.internal.x509.Certificates;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that came together.
 *
 * @param where address or alias they came from
 * @param certificates in the order served
 * @param sha256 their fingerprints, in the same order
 * @param staple OCSP response that came with them; absent if none
 * @param kind what holds them together
 */
public record ServedChain(
        String where,
        List<X509Certificate> certificates,
        List<String> sha256,
        @Nullable EncodedStaple staple,
        Kind kind) {

    /** What holds certificates together. */
    public enum Kind {
        /** A server sent them in a handshake. */
        SERVED,
        /** A server sent them, seen without taking part in the handshake, so a staple would not have been seen. */
        PLAINTEXT,
        /** They lie in one file, leaf first. */
        FILE,
        /** They lie in one file and each stands for itself, such as a bundle of authorities. */
        BUNDLE,
        /** They are the anchors of a trust store. */
        TRUST_STORE
    }

    public ServedChain {
        certificates = List.copyOf(certificates);
        sha256 = List.copyOf(sha256);
    }

    /**
     * The same chain with certificates whose parts can be asked for; what cannot be read at all is left out.
     *
     * @param onLost told of each certificate left out, with its place from 1 and the reason
     */
    public ServedChain readable(BiConsumer<Integer, String> onLost) {
        List<X509Certificate> readable = new ArrayList<>(certificates.size());
        List<String> fingerprints = new ArrayList<>(certificates.size());
        for (int i = 0; i < certificates.size(); i++) {
            try {
                readable.add(Certificates.readable(certificates.get(i)));
                fingerprints.add(sha256.get(i));
            } catch (CertificateException e) {
                onLost.accept(i + 1, String.valueOf(e.getMessage()));
            }
        }
        return new ServedChain(where, readable, fingerprints, staple, kind);
    }

    /** Takes the fingerprints once, for all that need them. */
    public ServedChain(String where, List<X509Certificate> certificates, @Nullable EncodedStaple staple, Kind kind) {
        this(
                where,
                certificates,
                certificates.stream().map(Fingerprints::sha256).toList(),
                staple,
                kind);
    }
}
