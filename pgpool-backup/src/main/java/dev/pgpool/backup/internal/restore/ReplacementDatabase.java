package dev.pgpool.backup.internal.restore;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.AdvisoryLock;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A database under a name of its own that is restored into, and then takes the target's name in one transaction. Until that
 * commits, the target is as it was; a database that never got that far is dropped. If its JVM is killed, the next restore on
 * the server drops it: an advisory lock says whether its maker is still running.
 *
 * <pre>
 * pgpool_restore_x  --pg_restore-->  whole  --one transaction: target -> pgpool_replaced_x, pgpool_restore_x -> target-->
 *                                                                                              DROP pgpool_replaced_x
 * </pre>
 */
final class ReplacementDatabase implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(ReplacementDatabase.class);
    private static final String PREFIX = "pgpool_restore_";
    private static final String REPLACED = "pgpool_replaced_";
    private static final String IN_USE = "55006";
    private static final int ATTEMPTS = 3;

    private final Connection admin;
    private final AdvisoryLock lock;
    private final String suffix;
    private final int version;
    private boolean taken;

    private ReplacementDatabase(Connection admin, AdvisoryLock lock, String suffix, int version) {
        this.admin = admin;
        this.lock = lock;
        this.suffix = suffix;
        this.version = version;
    }

    static ReplacementDatabase create(
            PgServer server,
            Connection admin,
            int version,
            BackupManifest.Source source,
            @Nullable String tablespace,
            SessionGroup sessions)
            throws SQLException {
        sweep(server, admin, sessions);
        String suffix = UUID.randomUUID().toString().replace("-", "").substring(0, 16);
        AdvisoryLock lock = AdvisoryLock.tryLock(server, PREFIX + suffix, sessions)
                .orElseThrow(() -> new BackupException(FailureReason.LOCKED, "lock of \"" + PREFIX + suffix + "\""));
        ReplacementDatabase beside = new ReplacementDatabase(admin, lock, suffix, version);
        try {
            TargetDatabase.create(admin, version, beside.name(), source, tablespace);
            return beside;
        } catch (SQLException | RuntimeException e) {
            beside.close();
            throw e;
        }
    }

    /** Drops databases of restores whose maker is gone; never one with a session in it. */
    private static void sweep(PgServer server, Connection admin, SessionGroup sessions) throws SQLException {
        for (var row : Sessions.rows(
                admin, "SELECT datname FROM pg_catalog.pg_database WHERE datname ~ '^" + PREFIX + "[0-9a-f]{16}$'")) {
            String leftover = String.valueOf(row.get(0));
            Optional<AdvisoryLock> free = AdvisoryLock.tryLock(server, leftover, sessions);
            if (free.isPresent()) {
                try (AdvisoryLock held = free.get()) {
                    if (TargetCheck.sessions(admin, leftover).isEmpty() && held.held()) {
                        Sessions.execute(admin, "DROP DATABASE IF EXISTS " + identifier(leftover));
                        LOGGER.info("Dropped what a dead restore left: {}", leftover);
                    }
                } catch (SQLException e) {
                    LOGGER.warn("What a dead restore left stays: {}: {}", leftover, e.getMessage());
                }
            }
        }
    }

    String name() {
        return PREFIX + suffix;
    }

    /** A step inside the transaction that renames. */
    interface Step {
        void run() throws SQLException;
    }

    /**
     * Takes the target's name.
     *
     * @param target name to take
     * @param replaces whether a database has it
     * @param endSessions whether sessions in that database are ended
     * @param properties applied in the same transaction, under the new name
     * @return notes
     * @throws BackupException with RESTORE_REFUSED if a session is in the way; nothing was changed then
     */
    List<String> takeOver(String target, boolean replaces, boolean endSessions, Step properties) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            if (replaces && endSessions) {
                Sessions.rows(
                        admin,
                        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = "
                                + literal(target) + " AND pid <> pg_catalog.pg_backend_pid()");
            }
            try {
                rename(target, replaces, properties);
                break;
            } catch (SQLException e) {
                if (!IN_USE.equals(e.getSQLState()) || !endSessions || attempt == ATTEMPTS) {
                    throw inTheWay(target, e);
                }
            }
        }
        return replaces ? dropReplaced() : List.of();
    }

    private void rename(String target, boolean replaces, Step properties) throws SQLException {
        admin.setAutoCommit(false);
        try {
            if (replaces) {
                Sessions.execute(
                        admin, "ALTER DATABASE " + identifier(target) + " RENAME TO " + identifier(REPLACED + suffix));
            }
            Sessions.execute(admin, "ALTER DATABASE " + identifier(name()) + " RENAME TO " + identifier(target));
            TargetDatabase.open(admin, target);
            properties.run();
            admin.commit();
            taken = true;
        } finally {
            if (!taken) {
                admin.rollback();
            }
            admin.setAutoCommit(true);
        }
    }

    private BackupException inTheWay(String target, SQLException e) throws SQLException {
        List<String> holders = TargetCheck.sessions(admin, target);
        return new BackupException(
                FailureReason.RESTORE_REFUSED,
                "database \"" + target + "\" could not be replaced and is as it was: " + e.getMessage()
                        + (holders.isEmpty() ? "" : ": " + TargetCheck.list(holders)),
                e);
    }

    private List<String> dropReplaced() {
        try {
            TargetDatabase.drop(admin, version, REPLACED + suffix);
            return List.of();
        } catch (SQLException e) {
            String note = "the database that was replaced stays as \"" + REPLACED + suffix + "\": " + e.getMessage();
            LOGGER.warn("{}", note);
            return List.of(note);
        }
    }

    @Override
    public void close() {
        try {
            if (!taken) {
                TargetDatabase.drop(admin, version, name());
            }
        } catch (SQLException e) {
            LOGGER.warn("Database {} of a failed restore stays until the next one: {}", name(), e.getMessage());
        } finally {
            lock.close();
        }
    }
}
