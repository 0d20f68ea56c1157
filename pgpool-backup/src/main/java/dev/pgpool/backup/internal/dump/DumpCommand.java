package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.Compression;
import dev.pgpool.backup.DumpFilter;
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
 * @param filter what is left out
 * @param toolMajor of pg_dump, which has renamed options
 * @param extra the host's own arguments
 */
public record DumpCommand(
        PgServer server,
        String database,
        DumpFormat format,
        Compression compression,
        Duration lockWait,
        @Nullable String snapshot,
        DumpFilter filter,
        int toolMajor,
        List<String> extra) {

    /** All arguments after the command prefix, for the manifest and for a child whose environment arrives. */
    public List<String> arguments() {
        return arguments(connectionString(database));
    }

    List<String> arguments(String connection) {
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
        filter.schemas().forEach(pattern -> arguments.add("--schema=" + pattern));
        filter.excludeSchemas().forEach(pattern -> arguments.add("--exclude-schema=" + pattern));
        filter.tables().forEach(pattern -> arguments.add("--table=" + inSomeSchema(pattern)));
        filter.excludeTables().forEach(pattern -> arguments.add("--exclude-table=" + inSomeSchema(pattern)));
        filter.excludeTableData().forEach(pattern -> arguments.add("--exclude-table-data=" + inSomeSchema(pattern)));
        if (!filter.largeObjects()) {
            arguments.add(toolMajor >= 16 ? "--no-large-objects" : "--no-blobs");
        }
        arguments.addAll(extra);
        arguments.add("--dbname=" + connection);
        return arguments;
    }

    /** Without a schema pg_dump would take what the role's search_path shows, which anyone may have set. */
    private static String inSomeSchema(String pattern) {
        boolean quoted = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            quoted ^= c == '"';
            if (c == '.' && !quoted) {
                return pattern;
            }
        }
        return "*." + pattern;
    }

    /** A database name as a connection string, since a bare name with {@code =} in it would be read as one. */
    public static String connectionString(String database) {
        // Read-only by default is a setting of some roles and databases; pg_dump's own transaction says that it only
        // reads.
        return "dbname=" + quoted(database) + " options='-c default_transaction_read_only=off'";
    }

    static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
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
