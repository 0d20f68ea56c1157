package dev.pgpool.backup.internal.verify;

import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.config.RestoreOptions;
import dev.pgpool.backup.config.SqlCheck;
import dev.pgpool.backup.config.VerifyLevel;
import dev.pgpool.backup.internal.pg.SessionGroup;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be shown.
 *
 * @param level to reach
 * @param server for the scratch database; needed from RESTORED on
 * @param checks of the host
 * @param jobs of pg_restore
 * @param options as restores will have them
 * @param sessions for making and dropping the scratch database
 * @param questions whose part asks what was restored, and is cut after the limit
 * @param limit for those questions
 */
public record VerificationTask(
        VerifyLevel level,
        @Nullable PgServer server,
        List<SqlCheck> checks,
        int jobs,
        RestoreOptions options,
        SessionGroup sessions,
        SessionGroup questions,
        Duration limit) {}
