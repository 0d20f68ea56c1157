package dev.pgpool.core.spring;

import dev.pgpool.core.config.TlsBuilder;
import java.lang.reflect.Method;
import java.util.Arrays;

/** The application's SSL bundles, as far as properties name them. */
@FunctionalInterface
interface Bundles {
    /** Where properties are only looked at, and nothing is made of them. */
    Bundles NONE = (name, tls) -> {};

    /**
     * Default none. The SSL bundle of Spring Boot that keys, certificates, trust, protocols and cipher suites come from; what is said
     * besides it counts more.
     */
    public void bundle(String name, TlsBuilder tls);

    /** The setting of a builder of TLS that names one of them. They are asked when what was read is said to the builder. */
    default Setting.Word setting() {
        Method documented = Arrays.stream(Bundles.class.getDeclaredMethods())
                .filter(method -> method.getName().equals("bundle"))
                .findFirst()
                .orElseThrow();
        return new Setting.Word("bundle", documented, (builder, name) -> bundle(name, (TlsBuilder) builder));
    }
}
