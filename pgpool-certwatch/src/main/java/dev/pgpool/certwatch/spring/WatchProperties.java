package dev.pgpool.certwatch.spring;

import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.finding.Level;
import java.util.List;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

/** What the properties {@code pgpool.certwatch.*} say. */
final class WatchProperties {
    static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("pgpool.certwatch");

    private final List<Call> calls;
    private final HostSettings host;

    private WatchProperties(List<Call> calls, HostSettings host) {
        this.calls = calls;
        this.host = host;
    }

    /** What the builder's methods take in words, but for those that {@link #ofHost} has in another form. */
    static Settings ofWatch() {
        return Settings.of(CertWatchBuilder.class).without("target").without("mute");
    }

    /** The rest. */
    static Settings ofHost() {
        return Settings.of(HostSettings.class);
    }

    /**
     * Reads them.
     *
     * @throws RuntimeException of Boot's, for names that nothing is known of and for values that can't be converted
     */
    static WatchProperties read(Environment environment) {
        PropertyReader reader = new PropertyReader(environment);
        List<Call> calls = reader.read(PREFIX, ofWatch());
        List<Call> ofHost = reader.read(PREFIX, ofHost());
        reader.refuseUnknown(PREFIX, CertWatchBuilder.class, List.of());
        HostSettings host = new HostSettings();
        ofHost.forEach(call -> call.on(host));
        return new WatchProperties(calls, host);
    }

    /** Whether they are meant to describe a watch: they name targets, or are wrong, which {@link #read} will tell. */
    static boolean describeWatch(Environment environment) {
        Names names = new Names(environment);
        if (names.anyBelow(PREFIX.append("targets")) || environment.containsProperty(PREFIX + ".targets")) {
            return true;
        }
        try {
            read(environment);
            return false;
        } catch (RuntimeException e) {
            return true;
        }
    }

    void applyTo(CertWatchBuilder builder) {
        calls.forEach(call -> call.on(builder));
        host.applyTo(builder);
    }

    Level downFrom() {
        return host.downFrom();
    }
}
