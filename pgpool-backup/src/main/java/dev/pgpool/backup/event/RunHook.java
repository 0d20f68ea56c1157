package dev.pgpool.backup.event;

import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import java.util.List;
import java.util.Optional;

/**
 * What the host does around a run, such as stopping a batch job or mounting a volume. Called on a thread of the engine's, which is
 * interrupted after {@link dev.pgpool.backup.BackupEngineBuilder#hookLimit}; the run waits for it.
 */
public interface RunHook {

    /**
     * Called before anything is stored, when checks have passed and the locks are held.
     *
     * @param run the run's id
     * @param trigger what started it
     * @param databases that are to be taken
     * @return why the run must not go on, which is then SKIPPED with VETOED; an exception, or no answer in time, is a veto too
     */
    default Optional<String> before(BackupId run, Trigger trigger, List<String> databases) {
        return Optional.empty();
    }

    /** Called after each run that came as far as {@link #before}, however it ended. What goes wrong here is logged only. */
    default void after(RunReport report) {}
}
