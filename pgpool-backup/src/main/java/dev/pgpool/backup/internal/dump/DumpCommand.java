package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.Compression;
import dev.pgpool.backup.DumpFormat;
import dev.pgpool.backup.PgServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of pg_dump. Pure; holds no secret.
 *
 * @param server to dump from
 * @param database to dump
 * @param format of the output
 * @param compression already chosen; of no meaning for TAR
 * @param lockWait how long pg_dump may wait for each table's lock, so that it does not stand in the application's way
 * @param snapshot to dump in, or {@code null}
 * @param extra the host's own arguments
 */
public record DumpCommand(
        PgServer server,
        String database,
        DumpFormat format,
        Compression compression,
        Duration lockWait,
        @Nullable String snapshot,
        List<String> extra) {

    /** All arguments after the command prefix. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        arguments.add("--format=" + format.flag());
        if (format == DumpFormat.CUSTOM) {
            arguments.add("--compress=" + compressionArgument(compression));
        }
        arguments.add("--no-password");
        arguments.add("--verbose");
        arguments.add("--lock-wait-timeout=" + lockWait.toMillis());
        if (snapshot != null) {
            arguments.add("--snapshot=" + snapshot);
        }
        arguments.add("--host=" + server.host());
        arguments.add("--port=" + server.port());
        arguments.add("--username=" + server.user());
        arguments.addAll(extra);
        arguments.add("--dbname=" + connectionString(database));
        return arguments;
    }

    /** A database name as a connection string, since a bare name with {@code =} in it would be read as one. */
    public static String connectionString(String database) {
        return "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    static String compressionArgument(Compression compression) {
        String level = compression.level() < 0 ? "" : ":" + compression.level();
        return switch (compression.method()) {
            case NONE -> "0";
            // The bare number is understood by every version.
            case GZIP, AUTO -> Integer.toString(Math.max(1, compression.level()));
            case LZ4 -> "lz4" + level;
            case ZSTD -> "zstd" + level;
        };
    }
}
