package dev.pgpool.core.spring;

import dev.pgpool.core.PgPoolBuilder;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

/** What the properties {@code pgpool.*} say. */
final class PoolerProperties {
    static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("pgpool");

    private static final String HOST = "127.0.0.1";
    private static final int PORT = 6432;

    /** Of the other libraries, which have properties below ours. */
    private static final List<ConfigurationPropertyName> OTHERS =
            List.of(PREFIX.append("backup"), PREFIX.append("certwatch"));

    private final List<Call> calls;
    private final HostSettings host;

    private PoolerProperties(List<Call> calls, HostSettings host) {
        this.calls = calls;
        this.host = host;
    }

    /** What can be said of the pooler itself. */
    static Settings ofPooler() {
        return ofPooler(Bundles.NONE);
    }

    private static Settings ofPooler(Bundles bundles) {
        // ldap.options says what ldap.option does
        Settings settings = Settings.of(PgPoolBuilder.class)
                .keyed("peer", "peers")
                .defaults("listen", Map.of("host", HOST, "port", String.valueOf(PORT)));
        settings.inner("ldap").without("option");
        settings.inner("tls").word(bundles.setting());
        settings.inner("databases").inner("tls").word(bundles.setting());
        return settings;
    }

    /** What can be said of its place in the application. */
    static Settings ofHost() {
        return Settings.of(HostSettings.class).keyed("credentials", "credentials");
    }

    /**
     * Reads them.
     *
     * @throws RuntimeException of Boot's, for names that nothing is known of and for values that can't be converted
     */
    static PoolerProperties read(Environment environment) {
        return read(environment, Bundles.NONE);
    }

    /** As {@link #read(Environment)}, to make a pooler of. */
    static PoolerProperties read(Environment environment, Bundles bundles) {
        PropertyReader reader = new PropertyReader(environment);
        List<Call> calls = reader.read(PREFIX, ofPooler(bundles));
        List<Call> ofHost = reader.read(PREFIX, ofHost());
        reader.refuseUnknown(PREFIX, PgPoolBuilder.class, OTHERS);
        HostSettings host = new HostSettings();
        ofHost.forEach(call -> call.on(host));
        return new PoolerProperties(calls, host);
    }

    /** Whether they are meant to describe a pooler: they name a database, or are wrong, which {@link #read} will tell. */
    static boolean describePooler(Environment environment) {
        if (new Names(environment).anyBelow(PREFIX.append("databases"))) {
            return true;
        }
        try {
            read(environment);
            return false;
        } catch (RuntimeException e) {
            return true;
        }
    }

    void applyTo(PgPoolBuilder builder) {
        if (!host.ofDataSource().isInProcess()) {
            // what the properties say of it comes later
            builder.listen(HOST, PORT);
        }
        calls.forEach(call -> call.on(builder));
    }

    HostSettings host() {
        return host;
    }
}
