package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A standby that does not replay while it is dumped, so that no conflict with recovery cancels the dump. What was paused
 * here is resumed here, on a session of its own if the first one has died; what was paused already is left as it is.
 *
 * @see <a href="https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL">Recovery Control
 *     Functions</a>
 */
public final class ReplayPause implements AutoCloseable {
    private static final PeerLog LOGGER = PeerLog.of(ReplayPause.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int RESUME_ATTEMPTS = 3;

    private final PgServer standby;
    private final SessionGroup group;
    private final Consumer<String> notes;
    private final boolean ours;

    private ReplayPause(PgServer standby, SessionGroup group, Consumer<String> notes, boolean ours) {
        this.standby = standby;
        this.group = group;
        this.notes = notes;
        this.ours = ours;
    }

    /**
     * Asks for the pause and waits until it is real: before that, replay may still cancel what begins.
     *
     * @param limit for the wait; then the pause is taken back
     * @param stillWanted throws when the run is cancelled; then the pause is taken back, too
     * @param notes gets a line about a replay that could not be resumed
     * @throws BackupException with PREFLIGHT if the server refuses or does not get there in time
     */
    public static ReplayPause begin(
            PgServer standby, SessionGroup group, Duration limit, Runnable stillWanted, Consumer<String> notes) {
        try (Connection session = Sessions.open(standby, standby.adminDatabase(), group)) {
            if (!"not paused".equals(state(session))) {
                LOGGER.warn("Replay is paused already, by another session: it will not be resumed here");
                return new ReplayPause(standby, group, notes, false);
            }
            ReplayPause pause = new ReplayPause(standby, group, notes, true);
            try {
                // its answer may be lost on the way: it counts as paused from here on
                Sessions.execute(session, "SELECT pg_wal_replay_pause()");
                await(session, limit, stillWanted);
            } catch (SQLException | RuntimeException e) {
                pause.close();
                throw e;
            }
            LOGGER.info("Replay is paused for the dump");
            return pause;
        } catch (SQLException e) {
            throw new BackupException(FailureReason.PREFLIGHT, "pausing replay: " + e.getMessage(), e);
        }
    }

    private static void await(Connection session, Duration limit, Runnable stillWanted) throws SQLException {
        long deadline = System.nanoTime() + limit.toNanos();
        stillWanted.run();
        String state = state(session);
        while (!"paused".equals(state)) {
            if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                throw new BackupException(
                        FailureReason.PREFLIGHT,
                        "pausing replay: \"" + state + "\" after " + limit + " (expected: \"paused\")");
            }
            LockSupport.parkNanos(POLL.toNanos());
            stillWanted.run();
            state = state(session);
        }
    }

    private static String state(Connection session) throws SQLException {
        return String.valueOf(Sessions.value(session, "SELECT pg_get_wal_replay_pause_state()"));
    }

    /** Whether replay was paused before, by another session. */
    public boolean foreign() {
        return !ours;
    }

    /** Resumes replay; a server that was promoted meanwhile has nothing to resume. */
    @Override
    public void close() {
        if (!ours) {
            return;
        }
        String problem = "";
        for (int attempt = 1; attempt <= RESUME_ATTEMPTS; attempt++) {
            try (Connection session = Sessions.open(standby, standby.adminDatabase(), group)) {
                if ("t".equals(Sessions.value(session, "SELECT pg_is_in_recovery()"))) {
                    Sessions.execute(session, "SELECT pg_wal_replay_resume()");
                }
                return;
            } catch (SQLException | BackupException e) {
                problem = String.valueOf(e.getMessage());
                LOGGER.error("Resuming replay, attempt {} of {}: {}", attempt, RESUME_ATTEMPTS, problem);
            }
        }
        notes.accept("replay was paused for the dump and could not be resumed: " + problem);
    }
}
