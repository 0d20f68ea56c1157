package dev.pgpool.backup.internal.pg;

import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The database sessions of one task. Its queries may take hours, so none has a time limit of its own. When the task's time is
 * up, its group is cut: open sessions are closed, also while a thread waits for an answer; logins under way are interrupted; and
 * no new sessions are opened. Safe for all threads.
 */
public final class SessionGroup {

    private static final PeerLog LOGGER = PeerLog.of(SessionGroup.class);

    private final String applicationName;
    private final @Nullable SessionGroup parent;
    private final Set<Connection> open = new HashSet<>();
    private final Set<Thread> connecting = new HashSet<>();
    private final Set<SessionGroup> children = new HashSet<>();
    private boolean cut;

    /** A group whose sessions have this name in {@code pg_stat_activity}. */
    public SessionGroup(String applicationName) {
        this(applicationName, null);
    }

    private SessionGroup(String applicationName, @Nullable SessionGroup parent) {
        this.applicationName = applicationName;
        this.parent = parent;
    }

    /** A part of this group that can be cut alone, and is cut with it. */
    public SessionGroup part() {
        SessionGroup part = new SessionGroup(applicationName, this);
        boolean late;
        synchronized (this) {
            late = cut;
            children.add(part);
        }
        if (late) {
            part.cut();
        }
        return part;
    }

    /** The sessions' name. */
    public String applicationName() {
        return applicationName;
    }

    /** Opens a session by a step that may take as long as a login takes. */
    interface Opening {
        Connection open() throws SQLException;
    }

    Connection add(Opening opening) throws SQLException {
        Thread thread = Thread.currentThread();
        synchronized (this) {
            requireUncut();
            connecting.add(thread);
        }
        Connection connection;
        try {
            connection = opening.open();
        } finally {
            synchronized (this) {
                connecting.remove(thread);
                if (cut && Thread.interrupted()) {
                    LOGGER.debug("Login was cut off");
                }
            }
        }
        synchronized (this) {
            if (!cut) {
                open.removeIf(SessionGroup::closed);
                open.add(connection);
                return connection;
            }
        }
        abort(connection);
        throw isCut();
    }

    private static boolean closed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    private void requireUncut() {
        if (cut) {
            throw isCut();
        }
    }

    private static BackupException isCut() {
        return new BackupException(FailureReason.CANCELLED, "its sessions on the database were cut off");
    }

    /** Ends all of it. Idempotent; does not wait. */
    public void cut() {
        List<Connection> sessions;
        List<SessionGroup> parts;
        synchronized (this) {
            cut = true;
            sessions = new ArrayList<>(open);
            parts = new ArrayList<>(children);
            open.clear();
            children.clear();
            connecting.forEach(Thread::interrupt);
        }
        if (!sessions.isEmpty()) {
            // Over TLS even closing may wait for the other side.
            Thread closing = new Thread(() -> sessions.forEach(SessionGroup::abort), "pgpool-backup-cut");
            closing.setDaemon(true);
            closing.start();
        }
        parts.forEach(SessionGroup::cut);
        if (parent != null) {
            parent.forget(this);
        }
    }

    /** True once it was cut. */
    public synchronized boolean isCutOff() {
        return cut;
    }

    private synchronized void forget(SessionGroup part) {
        children.remove(part);
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOGGER.debug("Cutting off a session: {}", e.getMessage());
        }
    }
}
