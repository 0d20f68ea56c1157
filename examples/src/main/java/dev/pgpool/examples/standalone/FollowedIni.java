package dev.pgpool.examples.standalone;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.util.List;
import java.util.function.Consumer;

/**
 * The ini of a pooler that the log goes by, too: its settings change by RELOAD and SET, and change back if the pooler can't
 * take the rest. Thread-safe if the follower is.
 */
final class FollowedIni implements ConfigSource {
    private final PgBouncerIni ini;
    private final Consumer<PgBouncerIni> follower;

    FollowedIni(PgBouncerIni ini, Consumer<PgBouncerIni> follower) {
        this.ini = ini;
        this.follower = follower;
    }

    @Override
    public PgPoolConfig load() {
        return followed(ini.load());
    }

    @Override
    public PgPoolConfig set(String key, String value) {
        return followed(ini.set(key, value));
    }

    private PgPoolConfig followed(PgPoolConfig config) {
        follower.accept(ini);
        return config;
    }

    @Override
    public void refused(ConfigException why) {
        try {
            ini.refused(why);
        } finally {
            follower.accept(ini);
        }
    }

    @Override
    public List<String> pending(String key) {
        return ini.pending(key);
    }

    @Override
    public List<Setting> settings() {
        return ini.settings();
    }
}
