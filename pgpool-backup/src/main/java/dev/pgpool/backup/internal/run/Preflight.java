package dev.pgpool.backup.internal.run;

import dev.pgpool.backup.config.BackupConfig;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DatabaseSelection;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.context.ConfiguredStore;
import dev.pgpool.backup.internal.context.EngineContext;
import dev.pgpool.backup.internal.dump.CompressionChoice;
import dev.pgpool.backup.internal.dump.ToolVersion;
import dev.pgpool.backup.internal.pg.ClusterFacts;
import dev.pgpool.backup.internal.pg.DumpPrivileges;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.store.StoreReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks at everything that can be looked at before a run begins, and reports all problems at once. */
public final class Preflight {

    private final EngineContext context;
    private final SessionGroup sessions;
    private final List<PreflightProblem> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, String> refused = new TreeMap<>();
    private final Predicate<String> part;

    /**
     * A preflight.
     *
     * @param part of the selected databases that this run is for
     */
    Preflight(EngineContext context, SessionGroup sessions, Predicate<String> part) {
        this.context = context;
        this.sessions = sessions;
        this.part = part;
    }

    /**
     * What a run needs to know.
     *
     * @param databases that are to be taken
     * @param refused those of them that cannot be, each with the reason
     * @param stores that work, at least one
     */
    record Result(
            ToolVersion tool,
            Compression compression,
            ClusterFacts cluster,
            List<String> databases,
            Map<String, String> refused,
            List<ConfiguredStore> stores,
            List<String> notes) {

        /** What the first of the stores can do. */
        StoreReport store() {
            return stores.get(0).probe();
        }
    }

    /** The result, or an exception that names every problem and has the reason of the first. */
    Result run(List<ConfiguredStore> stores) {
        BackupConfig config = context.config();
        ToolVersion tool = attempt(() -> context.tools().dumpVersion());
        Compression compression = tool == null
                ? null
                : attempt(() ->
                        CompressionChoice.choose(context.tools(), config.dump().compression(), tool));
        ClusterFacts cluster = attempt(this::cluster);
        List<String> databases = List.of();
        if (cluster != null) {
            databases = databases(cluster);
            checkSource(cluster, databases, tool);
        }
        attempt(() -> context.encryption().describe());
        List<ConfiguredStore> usable =
                new StoreCheck(config.run().objectLock() != null, problems, notes).usable(stores);
        if (!problems.isEmpty() || tool == null || compression == null || cluster == null || usable.isEmpty()) {
            throw new BackupException(
                    problems.get(0).reason(),
                    Stream.concat(
                                    problems.stream().map(PreflightProblem::text),
                                    refused.entrySet().stream()
                                            .map(e -> "database \"" + e.getKey() + "\": " + e.getValue()))
                            .collect(Collectors.joining("; ")));
        }
        return new Result(tool, compression, cluster, databases, Map.copyOf(refused), usable, List.copyOf(notes));
    }

    private <T> @Nullable T attempt(Supplier<@Nullable T> step) {
        try {
            return step.get();
        } catch (RuntimeException e) {
            BackupException failure = BackupException.of(e);
            problems.add(new PreflightProblem(failure.reason(), String.valueOf(failure.getMessage())));
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
            List<String> chosen = named.names().stream().filter(part).toList();
            for (String name : chosen) {
                if (!cluster.databases().contains(name)) {
                    refused.put(
                            name, "does not exist or accepts no connections (present: " + cluster.databases() + ")");
                }
            }
            return chosen;
        }
        List<String> chosen =
                cluster.databases().stream().filter(selection::takes).toList();
        if (chosen.isEmpty()) {
            problem(
                    FailureReason.PREFLIGHT,
                    "no database is left of " + cluster.databases() + " (expected: one at least; selected are "
                            + selection.describe() + ")");
        }
        return chosen.stream().filter(part).toList();
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
                            + " is a pooler that shares backends between sessions (expected: the server itself; locks"
                            + " and snapshots need sessions that stay)");
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
                List<String> found = DumpPrivileges.problems(
                        source, database, sessions, context.config().filter(database));
                if (!found.isEmpty()) {
                    // Of its own: the others can be taken.
                    refused.put(database, String.join("; ", found));
                }
            }
        }
        if (cluster.inRecovery() && !context.config().dump().pauseReplay()) {
            notes.add("the source is a standby: a conflict with recovery may cancel the dump");
        }
    }

    private void problem(FailureReason reason, String text) {
        problems.add(new PreflightProblem(reason, text));
    }
}
