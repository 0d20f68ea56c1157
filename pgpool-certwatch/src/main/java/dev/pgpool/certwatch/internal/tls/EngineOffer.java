package dev.pgpool.certwatch.internal.tls;

import dev.pgpool.certwatch.target.KeyKind;
import dev.pgpool.certwatch.target.TlsOffer;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Narrows what an engine offers. A kind of certificate is asked for by the signature schemes, which Java lets one choose since
 * 19, and by the cipher suites of TLS 1.2, as those of 1.3 say nothing about keys. Java says the schemes of choice for the
 * signatures in the chain, too (extension {@code signature_algorithms_cert}), so that a server rightly refuses to show an RSA
 * certificate which an ECDSA authority has signed: where TLS 1.2 alone is offered, the cipher suites alone choose.
 */
public final class EngineOffer {

    private static final @Nullable Method SCHEMES = schemes();
    private static final List<String> ONLY_1_2 = List.of("TLSv1.2");

    private static final List<String> RSA_SCHEMES = List.of(
            "rsa_pss_rsae_sha256",
            "rsa_pss_rsae_sha384",
            "rsa_pss_rsae_sha512",
            "rsa_pkcs1_sha256",
            "rsa_pkcs1_sha384",
            "rsa_pkcs1_sha512");
    private static final List<String> ECDSA_SCHEMES =
            List.of("ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512");

    private EngineOffer() {}

    /**
     * What to offer when nothing could be had by an offer of one kind: the kind by the cipher suites of TLS 1.2. Absent if the
     * first offer was that already, or excludes it.
     */
    public static @Nullable TlsOffer second(TlsOffer first) {
        boolean bySchemes =
                SCHEMES != null && first.keys().size() == 1 && !first.versions().equals(ONLY_1_2);
        boolean allowed = first.versions().isEmpty() || first.versions().contains("TLSv1.2");
        return bySchemes && allowed ? first.withVersions("TLSv1.2") : null;
    }

    /**
     * Applies an offer of at most one kind.
     *
     * @throws IllegalArgumentException if this engine does not know a version or cipher suite, or none is left
     */
    public static void apply(TlsOffer offer, SSLEngine engine, SSLParameters parameters) {
        List<String> versions = offer.versions();
        List<String> ciphers = offer.ciphers().isEmpty() ? List.of(engine.getEnabledCipherSuites()) : offer.ciphers();
        boolean ciphersChosen = !offer.ciphers().isEmpty();
        Set<KeyKind> keys = offer.keys();
        if (keys.size() == 1) {
            KeyKind kind = keys.iterator().next();
            if (versions.equals(ONLY_1_2) || !choose(kind, parameters)) {
                versions = ONLY_1_2;
                if (!offer.versions().isEmpty() && !offer.versions().contains("TLSv1.2")) {
                    throw new IllegalArgumentException(
                            "keys=" + kind + " with " + offer.versions() + " takes Java 19 (expected: TLS 1.2)");
                }
            }
            // In both ways: TLS 1.2 servers choose by cipher suite.
            ciphers = ciphers.stream().filter(cipher -> fits(cipher, kind)).toList();
            ciphersChosen = true;
        }
        if (ciphersChosen) {
            if (ciphers.isEmpty()) {
                throw new IllegalArgumentException("no cipher suite is left (expected: one for " + keys + ")");
            }
            parameters.setCipherSuites(ciphers.toArray(new String[0]));
        }
        if (!versions.isEmpty()) {
            parameters.setProtocols(versions.toArray(new String[0]));
        }
    }

    private static boolean fits(String cipher, KeyKind kind) {
        boolean agnostic = !cipher.contains("_WITH_");
        return switch (kind) {
            case ECDSA -> agnostic || cipher.contains("_ECDSA_WITH_");
            case RSA -> agnostic || cipher.contains("_RSA_WITH_");
        };
    }

    private static boolean choose(KeyKind kind, SSLParameters parameters) {
        Method setter = SCHEMES;
        if (setter == null) {
            return false;
        }
        List<String> schemes = kind == KeyKind.RSA ? RSA_SCHEMES : ECDSA_SCHEMES;
        try {
            setter.invoke(parameters, (Object) schemes.toArray(new String[0]));
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static @Nullable Method schemes() {
        return Arrays.stream(SSLParameters.class.getMethods())
                .filter(method -> method.getName().equals("setSignatureSchemes"))
                .findFirst()
                .orElse(null);
    }
}
