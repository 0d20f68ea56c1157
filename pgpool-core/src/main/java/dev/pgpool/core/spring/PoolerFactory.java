package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.event.PgPoolListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.core.env.Environment;

/** Makes the pooler, or its configuration anew, of the environment and the beans of the application. */
final class PoolerFactory {
    private final Environment environment;
    private final List<PgPoolCustomizer> customizers;
    private final List<CredentialStore> stores;
    private final Bundles bundles;

    PoolerFactory(
            Environment environment,
            List<PgPoolCustomizer> customizers,
            List<CredentialStore> stores,
            Bundles bundles) {
        this.bundles = bundles;
        this.environment = environment;
        this.customizers = customizers;
        this.stores = stores;
    }

    /** A pooler that is not started yet. */
    PgPool create(PoolerProperties properties, PgPoolListener listener) {
        return describe(properties, listener).build();
    }

    /** What the environment says now. */
    PoolerProperties properties() {
        return PoolerProperties.read(environment, bundles);
    }

    /** What the environment and the beans say now. */
    PgPoolConfig config() {
        return describe(properties(), PgPoolListener.NONE).config();
    }

    private PgPoolBuilder describe(PoolerProperties properties, PgPoolListener listener) {
        PgPoolBuilder builder = PgPool.builder().listener(listener);
        properties.applyTo(builder);
        store(properties.host()).ifPresent(builder::credentials);
        customizers.forEach(customizer -> customizer.customize(builder));
        PgPoolConfig config = builder.config();
        if (config.auth().credentials() == CredentialStore.empty() && isWithDataSource(properties.host())) {
            ApplicationLogin login = new ApplicationLogin(properties.host(), config, environment);
            login.user()
                    .ifPresent(user -> login.password()
                            .ifPresent(password -> builder.credentials(CredentialStore.of(Map.of(user, password)))));
        }
        return builder;
    }

    private boolean isWithDataSource(HostSettings host) {
        return host.ofDataSource().isEnabled() && !environment.containsProperty("spring.datasource.url");
    }

    /** Properties first, then the file, then the application's own. */
    private Optional<CredentialStore> store(HostSettings host) {
        List<CredentialStore> all = new ArrayList<>();
        if (!host.knownSecrets().isEmpty()) {
            host.knownSecrets().forEach(PoolerFactory::check);
            all.add(CredentialStore.of(host.knownSecrets()));
        }
        host.userlist().map(CredentialStore::file).ifPresent(all::add);
        all.addAll(stores);
        return all.isEmpty() ? Optional.empty() : Optional.of(new StoresInTurn(all));
    }

    private static void check(String user, String secret) {
        try {
            Credential.parse(user, secret);
        } catch (IllegalArgumentException e) {
            throw new SettingException("pgpool.credentials." + user, String.valueOf(e.getMessage()), null);
        }
    }
}
