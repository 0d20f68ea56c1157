package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.DumpFilter;
import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.PgServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
 * @param encoding of the database and so of the dump, whatever {@code client_encoding} its settings ask for
 * @param serverVersion {@code server_version_num}
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
        String encoding,
        int serverVersion,
        int toolMajor,
        List<String> extra) {

    /** All arguments after the command prefix, as they describe the dump: in the manifest. */
    public List<String> arguments() {
        return arguments(connectionString(Map.of("dbname", database)));
    }

    List<String> arguments(String connection) {
        List<String> arguments = new ArrayList<>();
        arguments.add("--format=" + format.flag());
        if (format == DumpFormat.CUSTOM) {
            arguments.add("--compress=" + compressionArgument(compression));
        }
        arguments.add("--encoding=" + encoding);
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

    /** Without a schema pg_dump would take what the role's search_path shows, which any role may have set for itself. */
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

    /** Parameters as a connection string: a bare database name with {@code =} in it would be read as one. */
    static String connectionString(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter -> parameter.getKey() + "=" + quoted(parameter.getValue()))
                .collect(Collectors.joining(" "));
    }

    private static String quoted(String value) {
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
