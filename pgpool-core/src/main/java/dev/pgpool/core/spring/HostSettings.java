package dev.pgpool.core.spring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What properties say beside the settings of {@link dev.pgpool.core.PgPoolBuilder}: of the same shape, so that they are read and
 * described in the same way.
 */
final class HostSettings {
    private boolean enabled = true;
    private final Map<String, String> credentials = new LinkedHashMap<>();
    private Optional<Path> credentialsFile = Optional.empty();
    private Duration drainTimeout = Duration.ofSeconds(10);
    private boolean meters = true;
    private final DataSourceSettings datasource = new DataSourceSettings();

    /** Default true. Whether there is a pooler at all. */
    public HostSettings enabled(boolean enabled) {
        this.enabled = enabled;
        return this;
    }

    /** Default none. Users who may log in, each with a password, or a secret as PostgreSQL keeps it. */
    public HostSettings credentials(String user, String secret) {
        credentials.put(user, secret);
        return this;
    }

    /** Default none. A file of users and secrets in the format of PgBouncer's userlist. */
    public HostSettings credentialsFile(Path userlist) {
        credentialsFile = Optional.of(userlist);
        return this;
    }

    /** Default 10 s; zero for not at all. How long the end waits for transactions of clients in other processes. */
    public HostSettings drainTimeout(Duration atMost) {
        drainTimeout = atMost;
        return this;
    }

    /** Default true. Whether the pooler's figures are bound to the application's meter registry. */
    public HostSettings meters(boolean bound) {
        meters = bound;
        return this;
    }

    // the two are read where meters are bound, also for a pooler of the application's own

    /** Default pgpool. What the names of the pooler's own meters begin with. */
    public HostSettings meterPrefix(String prefix) {
        return this;
    }

    /** Default false. Whether timers have histograms, from which percentiles over several poolers can be made. */
    public HostSettings meterHistograms(boolean histograms) {
        return this;
    }

    /** How the application's own data source reaches the pooler. */
    public HostSettings datasource(Consumer<DataSourceSettings> description) {
        description.accept(datasource);
        return this;
    }

    boolean isEnabled() {
        return enabled;
    }

    Map<String, String> knownSecrets() {
        return credentials;
    }

    Optional<Path> userlist() {
        return credentialsFile;
    }

    Duration drainsFor() {
        return drainTimeout;
    }

    boolean hasMeters() {
        return meters;
    }

    DataSourceSettings ofDataSource() {
        return datasource;
    }
}
