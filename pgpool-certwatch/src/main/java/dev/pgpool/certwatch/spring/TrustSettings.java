package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.trust.TrustSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where trust anchors come from, as properties say it. */
final class TrustSettings {
    private boolean os;
    private @Nullable Path file;
    private @Nullable String password;

    /** Default false, which is those of this Java. Whether those of the operating system are trusted. */
    public TrustSettings os(boolean on) {
        os = on;
        return this;
    }

    /** Default none. A PEM, DER, PKCS12 or JKS file whose certificates are trusted. */
    public TrustSettings file(Path anchors) {
        file = anchors;
        return this;
    }

    /** Default none. The password of the file, if it is a key store. */
    public TrustSettings password(String secret) {
        password = secret;
        return this;
    }

    TrustSource source() {
        if (file == null) {
            return os ? TrustSource.os() : TrustSource.jdk();
        }
        if (os) {
            throw new IllegalArgumentException("a file and the operating system (expected: one of them)");
        }
        return password == null ? TrustSource.file(file) : TrustSource.keyStore(file, password.toCharArray());
    }
}
