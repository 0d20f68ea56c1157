package dev.pgpool.stacks.quarkus;

import dev.pgpool.core.PgPool;
import io.quarkus.arc.Unremovable;
import io.quarkus.credentials.CredentialsProvider;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How data sources log in to the pooler. A data source looks for this bean when it is made, so that the pooler, which is injected
 * here, listens before the first connection: also where Flyway or Hibernate connect before Quarkus tells that the application
 * starts. A singleton, because a bean of the application's scope would be made by the first connection only, within its timeout.
 */
@Singleton
@Unremovable
@Named("pooler")
public class PoolerLogin implements CredentialsProvider {
    private final String password;

    PoolerLogin(PgPool pool, @ConfigProperty(name = "db.password") String password) {
        this.password = password;
    }

    @Override
    public Map<String, String> getCredentials(String credentialsProviderName) {
        return Map.of(USER_PROPERTY_NAME, "app", PASSWORD_PROPERTY_NAME, password);
    }
}
