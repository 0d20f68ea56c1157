package dev.pgpool.core.spring;

import dev.pgpool.core.config.TlsBuilder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/** Those of {@code spring.ssl.bundle}. Thread-safe. */
final class BootBundles implements Bundles {
    private final Supplier<@Nullable SslBundles> bundles;
    private final Runnable onUpdate;
    private final Map<String, Used> used = new ConcurrentHashMap<>();

    /** A bundle and what was made of it: a reload must see that nothing has changed. */
    private record Used(
            SslBundle bundle,
            @Nullable KeyManagerFactory keys,
            @Nullable TrustManagerFactory trust) {
        static Used of(SslBundle bundle) {
            return new Used(
                    bundle,
                    bundle.getStores().getKeyStore() == null
                            ? null
                            : bundle.getManagers().getKeyManagerFactory(),
                    bundle.getStores().getTrustStore() == null
                            ? null
                            : bundle.getManagers().getTrustManagerFactory());
        }
    }

    /** @param onUpdate called when a bundle that was used has changed, on a thread of Boot's */
    BootBundles(Supplier<@Nullable SslBundles> bundles, Runnable onUpdate) {
        this.bundles = bundles;
        this.onUpdate = onUpdate;
    }

    @Override
    public void bundle(String name, TlsBuilder tls) {
        SslBundles known = bundles.get();
        if (known == null) {
            throw new IllegalArgumentException("there are no SSL bundles in this application");
        }
        SslBundle bundle = known.getBundle(name);
        Used made = used.compute(name, (n, before) -> {
            if (before == null) {
                known.addBundleUpdateHandler(n, changed -> onUpdate.run());
            }
            return before != null && before.bundle == bundle ? before : Used.of(bundle);
        });
        KeyManagerFactory keys = made.keys;
        if (keys != null) {
            tls.keyManager(keys);
        }
        TrustManagerFactory trust = made.trust;
        if (trust != null) {
            tls.trustManager(trust);
        }
        String[] protocols = bundle.getOptions().getEnabledProtocols();
        if (protocols != null) {
            tls.protocols(protocols);
        }
        String[] ciphers = bundle.getOptions().getCiphers();
        if (ciphers != null) {
            tls.cipherSuites(ciphers);
        }
    }
}
