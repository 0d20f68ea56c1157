package dev.pgpool.backup.internal.verify;

import static dev.pgpool.backup.internal.pg.Sessions.identifier;
import static dev.pgpool.backup.internal.pg.Sessions.literal;

import dev.pgpool.backup.catalog.BackupManifest;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.internal.globals.GlobalsApplier;
import dev.pgpool.backup.internal.globals.GlobalsScript;
import dev.pgpool.backup.internal.log.PeerLog;
import dev.pgpool.backup.internal.pg.AdvisoryLock;
import dev.pgpool.backup.internal.pg.SessionGroup;
import dev.pgpool.backup.internal.pg.Sessions;
import dev.pgpool.backup.internal.restore.SchemaPreparation;
import dev.pgpool.backup.internal.restore.TargetDatabase;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A database for one verification, with the roles it needs. It is dropped whatever happens; if its JVM is killed,
 * the next verification on the server drops it: an advisory lock says whether a scratch database's maker is still running.
 */
final class ScratchDatabase implements AutoCloseable {

    static final String PREFIX = "pgpool_verify_";
    private static final PeerLog LOGGER = PeerLog.of(ScratchDatabase.class);

    private final PgServer server;
    private final Connection admin;
    private final AdvisoryLock lock;
    private final String name;
    private final int version;
    private final List<String> roles;
    private final SessionGroup sessions;
    private final List<String> leftOut = new ArrayList<>();
    private boolean superuser;

    private ScratchDatabase(
            PgServer server,
            Connection admin,
            AdvisoryLock lock,
            String name,
            int version,
            List<String> roles,
            SessionGroup sessions) {
        this.sessions = sessions;
        this.server = server;
        this.admin = admin;
        this.lock = lock;
        this.name = name;
        this.version = version;
        this.roles = roles;
    }

    static ScratchDatabase create(
            PgServer server, BackupManifest manifest, GlobalsScript globals, SessionGroup sessions) {
        Connection admin = Sessions.open(server, server.adminDatabase(), sessions);
        AdvisoryLock lock = null;
        try {
            int version = Integer.parseInt(String.valueOf(Sessions.value(admin, "SHOW server_version_num")));
            sweep(server, admin, version, sessions);
            String name = PREFIX + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
            lock = AdvisoryLock.tryLock(server, name, sessions)
                    .orElseThrow(() -> new BackupException(FailureReason.LOCKED, "lock of \"" + name + "\""));
            List<String> roles = new ArrayList<>();
            ScratchDatabase scratch = new ScratchDatabase(server, admin, lock, name, version, roles, sessions);
            try {
                GlobalsApplier applier = new GlobalsApplier(admin, globals, false);
                roles.addAll(applier.createBare(name));
                scratch.leftOut.addAll(applier.leftOut());
                scratch.superuser = "on".equals(Sessions.value(admin, "SHOW is_superuser"));
                TargetDatabase.create(admin, version, name, manifest.source(), null);
            } catch (SQLException | RuntimeException e) {
                scratch.close();
                throw e;
            }
            return scratch;
        } catch (SQLException e) {
            closeAfter(admin, lock);
            throw new BackupException(FailureReason.RESTORE_FAILED, "scratch database: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            closeAfter(admin, lock);
            throw e;
        }
    }

    private static void closeAfter(Connection admin, @org.jspecify.annotations.Nullable AdvisoryLock lock) {
        try {
            admin.close();
        } catch (SQLException e) {
            LOGGER.warn("Closing a connection: {}", e.getMessage());
        }
        if (lock != null) {
            lock.close();
        }
    }

    /** Drops scratch databases and roles whose maker is gone. */
    private static void sweep(PgServer server, Connection admin, int version, SessionGroup sessions)
            throws SQLException {
        List<String> names = new ArrayList<>();
        Sessions.rows(admin, "SELECT datname FROM pg_database WHERE datname ~ '^" + PREFIX + "[0-9a-f]{16}$'")
                .forEach(row -> names.add(String.valueOf(row.get(0))));
        Sessions.rows(
                        admin,
                        "SELECT DISTINCT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE"
                                + " shobj_description(oid, 'pg_authid') ~ '^" + PREFIX + "[0-9a-f]{16}$'")
                .forEach(row -> names.add(String.valueOf(row.get(0))));
        for (String leftover : names.stream().distinct().toList()) {
            try {
                sweepOne(server, admin, version, sessions, leftover);
            } catch (SQLException | RuntimeException e) {
                // It is in the way of none but itself; a person may have to look at it.
                LOGGER.warn("What a dead verification left on {} stays: {}: {}", server, leftover, e.getMessage());
            }
        }
    }

    private static void sweepOne(PgServer server, Connection admin, int version, SessionGroup sessions, String leftover)
            throws SQLException {
        Optional<AdvisoryLock> free = AdvisoryLock.tryLock(server, leftover, sessions);
        if (free.isPresent()) {
            LOGGER.info("Dropping what a dead verification left: {}", leftover);
            try (AdvisoryLock held = free.get()) {
                drop(server, admin, version, leftover, sessions);
                dropRoles(admin, leftover);
                LOGGER.debug("Lock of {} held: {}", leftover, held.held());
            }
        }
    }

    private static void drop(PgServer server, Connection admin, int version, String name, SessionGroup sessions)
            throws SQLException {
        try {
            TargetDatabase.drop(admin, version, name);
        } catch (SQLException e) {
            LOGGER.debug("{} is held by something: {}", name, e.getMessage());
            ScratchCleanup.remove(server, admin, name, sessions);
            TargetDatabase.drop(admin, version, name);
        }
    }

    /** Makes the database ready for a dump of a part of another. */
    void prepare(BackupManifest.Contents contents) {
        SchemaPreparation.prepare(server, name, contents, sessions);
    }

    private static void dropRoles(Connection admin, String comment) throws SQLException {
        for (var row : Sessions.rows(
                admin,
                "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = " + literal(comment))) {
            try {
                Sessions.execute(admin, "DROP ROLE IF EXISTS " + identifier(String.valueOf(row.get(0))));
            } catch (SQLException e) {
                LOGGER.warn("A role made for a verification stays: {}", e.getMessage());
            }
        }
    }

    /** {@code server_version_num} of its server. */
    int version() {
        return version;
    }

    String name() {
        return name;
    }

    /** Whether the role that made it is a superuser. */
    boolean superuser() {
        return superuser;
    }

    /** What the role may not do. */
    List<String> leftOut() {
        return leftOut;
    }

    /** True if roles had to be made for it. */
    boolean madeRoles() {
        return !roles.isEmpty();
    }

    @Override
    public void close() {
        try {
            drop(server, admin, version, name, sessions);
            dropRoles(admin, name);
        } catch (SQLException | RuntimeException e) {
            LOGGER.warn(
                    "Scratch database {} on {} stays until the next verification: {}", name, server, e.getMessage());
        } finally {
            closeAfter(admin, lock);
        }
    }
}
