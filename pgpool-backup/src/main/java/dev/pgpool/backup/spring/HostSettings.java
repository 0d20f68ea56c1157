package dev.pgpool.backup.spring;

import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.PgServerBuilder;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the methods of {@link BackupEngineBuilder} take as values of other builders, in words that properties have; and what
 * belongs to the application. Of the same shape as a builder, so that it is read and described in the same way.
 */
final class HostSettings {
    private final List<Consumer<BackupEngineBuilder>> said = new ArrayList<>();
    private boolean hasStore;

    /** Default true. Whether there is an engine at all. */
    @SuppressWarnings("UnusedVariable") // a condition reads it
    public HostSettings enabled(boolean enabled) {
        return this;
    }

    /** Default true. Whether the engine's figures are bound to the application's meter registry. */
    @SuppressWarnings("UnusedVariable") // a condition reads it
    public HostSettings meters(boolean bound) {
        return this;
    }

    /** Required: the server to back up. */
    public HostSettings source(Consumer<PgServerBuilder> description) {
        PgServer server = server(description);
        return say(builder -> builder.source(server));
    }

    /** Required, unless there is a bean: where backups go. */
    public HostSettings store(Consumer<StoreSettings> description) {
        ObjectStore store = open(description);
        hasStore = true;
        return say(builder -> builder.store(store));
    }

    /** Default none. A further store for each backup, by a name of your choice. */
    @SuppressWarnings("UnusedVariable") // the name keeps the properties of several apart
    public HostSettings copyTo(String name, Consumer<StoreSettings> description) {
        ObjectStore store = open(description);
        return say(builder -> builder.copyTo(store));
    }

    /** Default: what the installed pg_dump does best. How dumps are compressed; the level is -1 for the method's default. */
    public HostSettings compression(Compression.Method method, int level) {
        Compression compression = new Compression(method, level);
        return say(builder -> builder.compression(compression));
    }

    /** Default: 30 days, at least 3. How long backups are kept. */
    public HostSettings retention(Consumer<RetentionSettings> description) {
        RetentionSettings retention = new RetentionSettings();
        description.accept(retention);
        var policy = retention.policy();
        return say(builder -> builder.retention(policy));
    }

    /** Default none. A server where scratch databases may be made, to verify backups by restoring them. */
    public HostSettings verifyOn(Consumer<PgServerBuilder> description) {
        PgServer server = server(description);
        return say(builder -> builder.verifyOn(server));
    }

    /** Default: everything, and no error. What verification leaves out and tolerates. */
    public HostSettings verifyOptions(Consumer<RestoreSettings> description) {
        RestoreSettings restore = new RestoreSettings();
        description.accept(restore);
        return say(builder -> builder.verifyOptions(restore.options()));
    }

    /** Default none. A query that each restored database has to answer as expected. */
    public HostSettings check(String name, String sql, String expected) {
        SqlCheck check = new SqlCheck(name, sql, expected);
        return say(builder -> builder.check(check));
    }

    /** Default none. Keys by which backups are encrypted before they leave the JVM. */
    public HostSettings encryption(Consumer<KeySettings> description) {
        KeySettings keys = new KeySettings();
        description.accept(keys);
        var fixed = keys.fixed();
        return say(builder -> builder.encryption(fixed));
    }

    /** Default none. What is otherwise for the databases that match a pattern of {@code *} and {@code ?}. */
    public HostSettings forDatabases(String pattern, Consumer<RuleSettings> description) {
        RuleSettings rule = new RuleSettings();
        description.accept(rule);
        return say(builder -> builder.forDatabases(pattern, rule.settings()));
    }

    private HostSettings say(Consumer<BackupEngineBuilder> what) {
        said.add(what);
        return this;
    }

    private static PgServer server(Consumer<PgServerBuilder> description) {
        PgServerBuilder builder = PgServer.builder();
        description.accept(builder);
        return builder.build();
    }

    private ObjectStore open(Consumer<StoreSettings> description) {
        StoreSettings settings = new StoreSettings();
        description.accept(settings);
        ObjectStore store = settings.store();
        return store;
    }

    boolean hasStore() {
        return hasStore;
    }

    void applyTo(BackupEngineBuilder builder) {
        said.forEach(what -> what.accept(builder));
    }
}
