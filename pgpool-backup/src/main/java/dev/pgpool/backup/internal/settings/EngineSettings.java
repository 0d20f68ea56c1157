package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.BackupKeys;
import dev.pgpool.backup.config.ConfigException;
import dev.pgpool.backup.config.DatabaseSelection;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.internal.check.Problems;
import dev.pgpool.backup.internal.stream.Encryption;
import dev.pgpool.backup.retention.RetentionPolicy;
import dev.pgpool.backup.store.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The settings of an engine while the host gives them, in sections. Confined to one thread. */
public final class EngineSettings {

    private static final int MAX_CLUSTER_BYTES = 200;

    private final Problems problems = new Problems();
    private final DumpSettings dump = new DumpSettings(problems);
    private final TransferSettings transfer = new TransferSettings(problems);
    private final RunSettings run = new RunSettings(problems);
    private final VerificationSettings verification = new VerificationSettings(problems);
    private final ToolSettings tools = new ToolSettings(problems);
    private final ScheduleSettings schedules = new ScheduleSettings(problems);
    private @Nullable PgServer source;
    private @Nullable ObjectStore store;
    private final List<ObjectStore> copies = new ArrayList<>();
    private DatabaseSelection databases = new DatabaseSelection.AllExcept(Set.of());
    private String prefix = "";
    private String cluster = "";
    private @Nullable RetentionPolicy retention = RetentionPolicy.defaults();
    private @Nullable BackupKeys keys;
    private boolean trustUnencrypted;
    private Clock clock = Clock.systemUTC();
    private final List<BackupListener> listeners = new ArrayList<>();

    public DumpSettings dump() {
        return dump;
    }

    public TransferSettings transfer() {
        return transfer;
    }

    public RunSettings run() {
        return run;
    }

    public VerificationSettings verification() {
        return verification;
    }

    public ToolSettings tools() {
        return tools;
    }

    public ScheduleSettings schedules() {
        return schedules;
    }

    public void source(PgServer server) {
        source = server;
    }

    public void store(ObjectStore first) {
        store = first;
    }

    public void copyTo(ObjectStore another) {
        copies.add(another);
    }

    /** Which databases are taken; what the selection refuses is a problem of this setting. */
    public void databases(String setting, Supplier<DatabaseSelection> selection) {
        problems.attempt(setting, () -> databases = selection.get());
    }

    public void prefix(String keys) {
        problems.require(
                keys.matches("|[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*") && keys.length() <= 200,
                "prefix",
                "\"" + keys + "\"",
                "segments of letters, digits, dots, _ and -, parted by slashes, none at its ends, 200 in all");
        prefix = keys;
    }

    public void cluster(String name) {
        cluster = name;
    }

    public void retention(@Nullable RetentionPolicy policy) {
        retention = policy;
    }

    public void encryption(BackupKeys with) {
        keys = with;
    }

    public void trustUnencrypted(boolean trust) {
        trustUnencrypted = trust;
    }

    public void clock(Clock of) {
        clock = of;
    }

    public void listener(BackupListener of) {
        listeners.add(of);
    }

    /**
     * The finished settings.
     *
     * @throws ConfigException with every problem found
     */
    public CheckedSettings checked() {
        List<ObjectStore> stores = new ArrayList<>();
        if (store != null) {
            stores.add(store);
        }
        stores.addAll(copies);
        Problems found = problems.copy();
        check(stores, found);
        if (!found.isEmpty()) {
            throw new ConfigException(found.found());
        }
        BackupConfig config = new BackupConfig(
                Objects.requireNonNull(source),
                databases,
                prefix,
                cluster,
                dump.checked(),
                transfer.checked(),
                run.checked(),
                retention,
                verification.checked(),
                schedules.rules());
        return new CheckedSettings(
                config,
                stores,
                new Encryption(keys, trustUnencrypted),
                tools.checked(),
                clock,
                listeners,
                run.hooks(),
                run.hookLimit(),
                schedules.checked());
    }

    private void check(List<ObjectStore> stores, Problems found) {
        schedules.check(found);
        found.require(source != null, "source", "missing", "a PgServer");
        found.require(store != null, "store", "missing", "an S3Store or DirectoryStore");
        transfer.check(found);
        verification.check(found);
        found.require(
                cluster.getBytes(StandardCharsets.UTF_8).length <= MAX_CLUSTER_BYTES && cluster.indexOf('\0') < 0,
                "cluster",
                cluster.length() + " characters",
                "at most " + MAX_CLUSTER_BYTES + " bytes");
        found.require(
                stores.stream().map(ObjectStore::describe).distinct().count() == stores.size(),
                "copyTo",
                "the same store twice",
                "another one");
    }
}
