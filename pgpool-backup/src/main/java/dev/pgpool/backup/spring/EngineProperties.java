package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngineBuilder;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

/** What the properties {@code pgpool.backup.*} say. */
final class EngineProperties {
    static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("pgpool.backup");

    private final List<Call> calls;
    private final List<Call> ofHost;

    private EngineProperties(List<Call> calls, List<Call> ofHost) {
        this.calls = calls;
        this.ofHost = ofHost;
    }

    /** What the builder's methods take in words. */
    static Settings ofEngine() {
        return Settings.of(BackupEngineBuilder.class)
                .keyed("tool-environment", "tool-environment")
                .defaults("schedule", zone())
                .defaults("verify-schedule", zone())
                .defaults("retries", Map.of("count", "6", "first-pause", "200ms"))
                .defaults("retry-runs", Map.of("times", "3", "pause", "10m"))
                .defaults("restore-jobs", Map.of("directory", System.getProperty("java.io.tmpdir")));
    }

    private static Map<String, String> zone() {
        return Map.of("zone", ZoneId.systemDefault().getId());
    }

    /** The rest. */
    static Settings ofHost() {
        Settings settings = Settings.of(HostSettings.class)
                .renamed("copy-tos", "copy-to")
                .renamed("for-databasess", "for-databases")
                .keyed("check", "checks")
                .defaults("compression", Map.of("level", "-1"));
        settings.inner("encryption").keyed("key", "keys");
        settings.inner("for-databases").defaults("schedule", zone());
        for (String name : List.of("store", "copy-to")) {
            settings.inner(name)
                    .inner("s3")
                    .keyed("tag", "tags")
                    .defaults("timeouts", Map.of("connect", "10s", "idle", "60s", "call", "10m"));
        }
        return settings;
    }

    /**
     * Reads them.
     *
     * @throws RuntimeException of Boot's, for names that nothing is known of and for values that can't be converted
     */
    static EngineProperties read(Environment environment) {
        PropertyReader reader = new PropertyReader(environment);
        List<Call> calls = reader.read(PREFIX, ofEngine());
        List<Call> ofHost = reader.read(PREFIX, ofHost());
        reader.refuseUnknown(PREFIX, BackupEngineBuilder.class, List.of());
        return new EngineProperties(calls, ofHost);
    }

    /** Whether they are meant to describe an engine: they name a source, or are wrong, which {@link #read} will tell. */
    static boolean describeEngine(Environment environment) {
        if (new Names(environment).anyBelow(PREFIX.append("source"))) {
            return true;
        }
        try {
            read(environment);
            return false;
        } catch (RuntimeException e) {
            return true;
        }
    }

    /** Opens stores. */
    HostSettings applyTo(BackupEngineBuilder builder) {
        calls.forEach(call -> call.on(builder));
        HostSettings host = new HostSettings();
        ofHost.forEach(call -> call.on(host));
        host.applyTo(builder);
        return host;
    }
}
