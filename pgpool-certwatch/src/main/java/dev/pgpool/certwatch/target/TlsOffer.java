package dev.pgpool.certwatch.target;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a probe offers in its ClientHello, where that is not everything.
 *
 * @param versions {@code TLSv1.2} and the like; empty for all that this Java can do
 * @param ciphers names of cipher suites as the IANA has them; empty for all
 * @param keys kinds of certificates to ask for, one handshake for each, where a server may have several; empty for the one
 *     that the server prefers. With Java before 19 a kind can be asked for in TLS 1.2 only
 */
public record TlsOffer(List<String> versions, List<String> ciphers, Set<KeyKind> keys) {

    /** Everything. */
    public static final TlsOffer ANY = new TlsOffer(List.of(), List.of(), Set.of());

    private static final List<String> VERSIONS = List.of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");
    private static final Pattern CIPHER = Pattern.compile("(TLS|SSL)_[A-Za-z0-9_]{3,80}");

    public TlsOffer {
        versions = List.copyOf(versions);
        ciphers = List.copyOf(ciphers);
        keys = keys.isEmpty() ? Set.of() : java.util.Collections.unmodifiableSet(EnumSet.copyOf(keys));
        for (String version : versions) {
            if (!VERSIONS.contains(version)) {
                throw new IllegalArgumentException(
                        "TLS version \"" + version + "\" (expected: one of " + VERSIONS + ")");
            }
        }
        for (String cipher : ciphers) {
            if (!CIPHER.matcher(cipher).matches()) {
                throw new IllegalArgumentException("cipher suite \"" + cipher
                        + "\" (expected: a name of the IANA such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)");
            }
        }
    }

    /** The same with these versions only. */
    public TlsOffer withVersions(String... only) {
        return new TlsOffer(List.of(only), ciphers, keys);
    }

    /** The same with these cipher suites only. */
    public TlsOffer withCiphers(String... only) {
        return new TlsOffer(versions, List.of(only), keys);
    }

    /** The same, asking for a certificate of each of these kinds. */
    public TlsOffer withKeys(KeyKind... kinds) {
        return new TlsOffer(versions, ciphers, Set.of(kinds));
    }

    /** One offer for each handshake: each asks for at most one kind. */
    public List<TlsOffer> handshakes() {
        if (keys.size() < 2) {
            return List.of(this);
        }
        List<TlsOffer> each = new ArrayList<>();
        for (KeyKind kind : keys) {
            each.add(new TlsOffer(versions, ciphers, Set.of(kind)));
        }
        return List.copyOf(each);
    }
}
