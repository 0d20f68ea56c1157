package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An advisory lock on a session of its own; it goes when the session goes, however that happens. Advisory locks belong to a
 * database, so all who are to exclude each other must use the same one.
 */
public final class AdvisoryLock implements AutoCloseable {

    private static final PeerLog LOGGER = PeerLog.of(AdvisoryLock.class);
    private static final int CLASS = 0x7067_6270;

    private static final int ANSWER_MILLIS = 60_000;

    private final Connection session;
    private final @Nullable String sharedName;

    private AdvisoryLock(Connection session, @Nullable String sharedName) {
        this.session = session;
        this.sharedName = sharedName;
    }

    /** The lock, or empty if another session has it. */
    public static Optional<AdvisoryLock> tryLock(PgServer server, String name, SessionGroup group) {
        Connection session = Sessions.open(server, server.adminDatabase(), group);
        try {
            // Its questions are short; a network that is gone must not keep the one who asks for ever.
            session.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
            if ("t".equals(Sessions.value(session, tryLock(name)))) {
                return Optional.of(new AdvisoryLock(session, null));
            }
            session.close();
            return Optional.empty();
        } catch (SQLException e) {
            try {
                session.close();
            } catch (SQLException closing) {
                e.addSuppressed(closing);
            }
            throw new BackupException(FailureReason.SOURCE_UNREACHABLE, "advisory lock: " + e.getMessage(), e);
        }
    }

    private static String tryLock(String name) {
        return "SELECT pg_try_advisory_lock(" + CLASS + ", " + key(name) + ")";
    }

    /** Another lock on the session of this one, which must be closed before; or empty if another session has it. */
    public Optional<AdvisoryLock> tryAnother(String name) {
        synchronized (session) {
            try {
                return "t".equals(Sessions.value(session, tryLock(name)))
                        ? Optional.of(new AdvisoryLock(session, name))
                        : Optional.empty();
            } catch (SQLException e) {
                throw new BackupException(FailureReason.SOURCE_UNREACHABLE, "advisory lock: " + e.getMessage(), e);
            }
        }
    }

    /** The session that holds the lock, by its name; empty if none does any more. */
    public static Optional<String> holder(PgServer server, String name, SessionGroup group) {
        try (Connection session = Sessions.open(server, server.adminDatabase(), group)) {
            return Optional.ofNullable(Sessions.value(
                    session,
                    "SELECT a.application_name || ' (pid ' || a.pid || ', since ' || a.backend_start || ')' FROM pg_locks l"
                            + " JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND"
                            + " l.classid::bigint = " + CLASS + " AND l.objid::bigint = " + (key(name) & 0xffff_ffffL)
                            + " AND l.objsubid = 2 AND l.database = (SELECT oid FROM pg_database WHERE datname ="
                            + " current_database())"));
        } catch (SQLException e) {
            throw new BackupException(FailureReason.SOURCE_UNREACHABLE, "advisory lock: " + e.getMessage(), e);
        }
    }

    private static int key(String name) {
        CRC32C crc = new CRC32C();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /** True as long as the session is open, and so the lock is ours. */
    public boolean held() {
        synchronized (session) {
            try {
                return session.isValid(10);
            } catch (SQLException e) {
                return false;
            }
        }
    }

    @Override
    public void close() {
        synchronized (session) {
            try {
                if (sharedName == null) {
                    session.close();
                } else if (!session.isClosed()) {
                    Sessions.value(session, "SELECT pg_advisory_unlock(" + CLASS + ", " + key(sharedName) + ")");
                }
            } catch (SQLException e) {
                LOGGER.warn("Giving an advisory lock back: {}", e.getMessage());
            }
        }
    }

    /** Gives the lock back without a question to the server: one on another lock's session ends with that lock. */
    public void abandon() {
        if (sharedName == null) {
            close();
        }
    }
}
