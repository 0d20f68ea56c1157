package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.BackupConfig;
import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.Compression;
import dev.pgpool.backup.DatabaseSelection;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import dev.pgpool.backup.internal.dump.ToolVersion;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.Privileges;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.store.StoreFeature;
import dev.pgpool.backup.store.StoreReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks at everything that can be looked at before a run begins, and reports all problems at once. */
final class Preflight {

    private final Context context;
    private final SessionGroup sessions;
    private final List<Problem> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Preflight(Context context, SessionGroup sessions) {
        this.context = context;
        this.sessions = sessions;
    }

    /** What a run needs to know. */
    record Result(
            ToolVersion tool,
            Compression compression,
            ClusterFacts cluster,
            List<String> databases,
            StoreReport store,
            List<String> notes) {}

    /** The result, or an exception that names every problem and has the reason of the first. */
    Result run(Supplier<StoreReport> probe) {
        BackupConfig config = context.config();
        ToolVersion tool = attempt(() -> context.tools().dumpVersion());
        Compression compression = tool == null
                ? null
                : attempt(() -> context.tools().choose(config.dump().compression(), tool));
        ClusterFacts cluster = attempt(this::cluster);
        List<String> databases = List.of();
        if (cluster != null) {
            databases = databases(cluster);
            checkSource(cluster, databases, tool);
        }
        attempt(() -> context.encryption().describe());
        StoreReport store = attempt(probe::get);
        if (store != null) {
            checkStore(store);
        }
        if (!problems.isEmpty() || tool == null || compression == null || cluster == null || store == null) {
            throw new BackupException(
                    problems.get(0).reason(),
                    problems.stream().map(Problem::text).collect(Collectors.joining("; ")));
        }
        return new Result(tool, compression, cluster, databases, store, List.copyOf(notes));
    }

    private <T> @Nullable T attempt(Supplier<@Nullable T> step) {
        try {
            return step.get();
        } catch (RuntimeException e) {
            BackupException failure = BackupException.of(e);
            problems.add(new Problem(failure.reason(), String.valueOf(failure.getMessage())));
            return null;
        }
    }

    private ClusterFacts cluster() {
        PgServer source = context.config().source();
        try (Connection connection = Sessions.open(source, source.adminDatabase(), sessions)) {
            return ClusterFacts.read(connection);
        } catch (SQLException e) {
            throw new BackupException(FailureReason.SOURCE_UNREACHABLE, source + ": " + e.getMessage(), e);
        }
    }

    private List<String> databases(ClusterFacts cluster) {
        DatabaseSelection selection = context.config().databases();
        if (selection instanceof DatabaseSelection.Named named) {
            List<String> missing = named.names().stream()
                    .filter(name -> !cluster.databases().contains(name))
                    .toList();
            if (!missing.isEmpty()) {
                problem(
                        FailureReason.PREFLIGHT,
                        "databases " + missing + " do not exist or accept no connections (present: "
                                + cluster.databases() + ")");
            }
            return named.names();
        }
        DatabaseSelection.AllExcept all = (DatabaseSelection.AllExcept) selection;
        List<String> chosen = cluster.databases().stream()
                .filter(name -> !all.excluded().contains(name))
                .toList();
        if (chosen.isEmpty()) {
            problem(FailureReason.PREFLIGHT, "no database is left after excluding " + all.excluded());
        }
        return chosen;
    }

    private void checkSource(ClusterFacts cluster, List<String> databases, @Nullable ToolVersion tool) {
        PgServer source = context.config().source();
        if (tool != null && tool.major() < ToolVersion.major(cluster.version())) {
            problem(
                    FailureReason.VERSION_MISMATCH,
                    tool.text() + " cannot dump a server of version " + ToolVersion.major(cluster.version())
                            + " (expected: pg_dump " + ToolVersion.major(cluster.version()) + " or newer)");
        }
        if (Boolean.TRUE.equals(attempt(() -> Sessions.isPooled(source, source.adminDatabase(), sessions)))) {
            problem(
                    FailureReason.SOURCE_POOLED,
                    source
                            + " is a pooler that shares backends between sessions (expected: the server itself; locks and"
                            + " snapshots need sessions that stay)");
        }
        // One for the lock; for each database at once the snapshot's and pg_dump's.
        int needed = 1 + 2 * Math.min(context.config().dump().parallelDatabases(), Math.max(1, databases.size()));
        if (cluster.freeSlots() < needed) {
            problem(
                    FailureReason.PREFLIGHT,
                    "connections: " + cluster.freeSlots() + " free on " + source + " (expected: at least " + needed
                            + ")");
        }
        for (String database : databases) {
            if (cluster.databases().contains(database)) {
                Privileges.problems(source, database, sessions).forEach(text -> problem(FailureReason.PREFLIGHT, text));
            }
        }
        if (cluster.inRecovery() && !context.config().dump().pauseReplay()) {
            notes.add("the source is a standby: a conflict with recovery may cancel the dump");
        }
    }

    private void checkStore(StoreReport store) {
        for (StoreFeature needed : List.of(StoreFeature.READ_WRITE, StoreFeature.MULTIPART)) {
            if (!store.has(needed)) {
                problem(
                        FailureReason.STORE_IO,
                        store.store() + ": " + needed + ": " + store.findings().get(needed));
            }
        }
        if (context.config().run().objectLock() != null && !store.has(StoreFeature.OBJECT_LOCK)) {
            problem(
                    FailureReason.PREFLIGHT,
                    store.store() + ": object lock was asked for, but: "
                            + store.findings().get(StoreFeature.OBJECT_LOCK));
        }
        if (!store.has(StoreFeature.DELETE)) {
            notes.add("retention is off: " + store.findings().get(StoreFeature.DELETE));
        }
        if (!leaseEnforceable(store)) {
            notes.add("the store cannot enforce a lease (" + store.findings().get(StoreFeature.WRITE_IF_ABSENT) + "; "
                    + store.findings().get(StoreFeature.WRITE_IF_MATCHES)
                    + "): only the advisory lock on the source excludes other runners");
        }
        if (!store.has(StoreFeature.LIST_MULTIPART)) {
            notes.add("leftover uploads cannot be found: " + store.findings().get(StoreFeature.LIST_MULTIPART));
        }
    }

    static boolean leaseEnforceable(StoreReport store) {
        return store.has(StoreFeature.WRITE_IF_ABSENT) && store.has(StoreFeature.WRITE_IF_MATCHES);
    }

    private void problem(FailureReason reason, String text) {
        problems.add(new Problem(reason, text));
    }
}
