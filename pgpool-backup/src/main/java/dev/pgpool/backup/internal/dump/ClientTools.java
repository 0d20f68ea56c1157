package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.BackupException;
import dev.pgpool.backup.Compression;
import dev.pgpool.backup.FailureReason;
import dev.pgpool.backup.PgServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the client programs are called: a command prefix for each (so that {@code nice}, {@code docker exec} or a wrapper can
 * stand in front), and the environment that carries the secrets.
 *
 * @param dump prefix of pg_dump
 * @param restore prefix of pg_restore
 * @param psql prefix of psql, for plain dumps
 * @param environment additional variables
 * @param grace between asking a child to end and killing it
 * @param passFile password file, as the programs see it, for prefixes that pass no environment on; or {@code null}
 */
public record ClientTools(
        List<String> dump,
        List<String> restore,
        List<String> psql,
        Map<String, String> environment,
        Duration grace,
        @Nullable String passFile) {

    private static final Pattern SECRET_NAME = Pattern.compile("(?i)pass|secret|token|key|credential");
    /**
     * Start-up options of the engine's own sessions and of programs that restore. They win over {@code ALTER DATABASE ... SET} and
     * {@code ALTER ROLE ... SET}, and a session has them before its first statement.
     */
    public static final String START_OPTIONS = "-c search_path=pg_catalog,pg_temp " + ClientTools.NO_LIMITS;

    /** As far as every supported version knows them; a limit of the database's owner may be shorter than the first statement. */
    private static final String NO_LIMITS =
            "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0"
                    + " -c idle_in_transaction_session_timeout=0";

    private static final Duration PROBE_LIMIT = Duration.ofSeconds(30);

    /** Copies and checks. */
    public ClientTools {
        dump = List.copyOf(dump);
        restore = List.copyOf(restore);
        psql = List.copyOf(psql);
        environment = Map.copyOf(environment);
        if (dump.isEmpty() || restore.isEmpty() || psql.isEmpty()) {
            throw new IllegalArgumentException("client tools: an empty command (expected: at least the program)");
        }
    }

    /** pg_dump, pg_restore and psql from PATH. */
    public static ClientTools onPath() {
        return new ClientTools(
                List.of("pg_dump"), List.of("pg_restore"), List.of("psql"), Map.of(), Duration.ofSeconds(10), null);
    }

    /** Version of pg_dump. */
    public ToolVersion dumpVersion() {
        return version(dump);
    }

    /** Version of pg_restore. */
    public ToolVersion restoreVersion() {
        return version(restore);
    }

    /** Version of psql. */
    public ToolVersion psqlVersion() {
        return version(psql);
    }

    private ToolVersion version(List<String> prefix) {
        return ToolVersion.parse(ChildProcess.capture(with(prefix, "--version"), environment, PROBE_LIMIT));
    }

    /**
     * What {@code --compress} can be given: for AUTO the best this pg_dump was built with.
     *
     * @throws BackupException if it was not built with what was asked for
     */
    public Compression choose(Compression wanted, ToolVersion version) {
        return switch (wanted.method()) {
            case NONE -> wanted;
            case GZIP -> wanted.level() >= 0 ? wanted : Compression.gzip(6);
            case AUTO -> {
                Compression zstd = Compression.zstd(3);
                yield version.major() >= 16 && accepts(zstd) ? zstd : Compression.gzip(4);
            }
            case ZSTD, LZ4 -> {
                if (version.major() < 16 || !accepts(wanted)) {
                    throw new BackupException(
                            FailureReason.VERSION_MISMATCH,
                            "compression " + wanted.method() + ": not in " + version.text()
                                    + " (expected: pg_dump 16 or newer, built with it; or gzip, or auto)");
                }
                yield wanted;
            }
        };
    }

    private boolean accepts(Compression compression) {
        // Options are checked before the connection is made; a server that cannot be reached keeps this from costing
        // anything.
        List<String> command = with(
                dump,
                "-Fc",
                "--compress=" + DumpCommand.compressionArgument(compression),
                "-h",
                "/nonexistent",
                "-d",
                "x");
        String answer = ChildProcess.capture(command, environment, PROBE_LIMIT);
        return !answer.contains("compression");
    }

    /** Knows the secrets that a child is given for this server. */
    public Redactor redactor(PgServer server) {
        List<String> secrets = new ArrayList<>();
        secrets.add(server.password());
        environment.forEach((name, value) -> {
            if (SECRET_NAME.matcher(name).find()) {
                secrets.add(value);
            }
        });
        return new Redactor(secrets);
    }

    /**
     * The environment of pg_dump for this server; the only place where the password goes. Its search path is not set: pg_dump pins
     * it itself, and gives it up where it has to know what a pattern without a schema means.
     */
    public Map<String, String> environmentFor(PgServer server, String applicationName) {
        return environment(server, applicationName, NO_LIMITS);
    }

    /** The same for a program that restores. */
    public Map<String, String> restoreEnvironment(PgServer server, String applicationName) {
        return environment(server, applicationName, START_OPTIONS);
    }

    private Map<String, String> environment(PgServer server, String applicationName, String options) {
        Map<String, String> variables = new LinkedHashMap<>(environment);
        variables.put("PGAPPNAME", applicationName);
        variables.put("PGCONNECT_TIMEOUT", Long.toString(server.connectTimeout().toSeconds()));
        variables.put("PGSSLMODE", server.sslMode());
        Path rootCert = server.sslRootCert();
        if (rootCert != null) {
            variables.put("PGSSLROOTCERT", rootCert.toString());
        }
        Path certificate = server.sslCert();
        Path key = server.sslKey();
        if (certificate != null && key != null) {
            variables.put("PGSSLCERT", certificate.toString());
            variables.put("PGSSLKEY", key.toString());
        }
        if (!server.password().isEmpty()) {
            variables.put("PGPASSWORD", server.password());
        }
        // The host's own come last, so that they win.
        variables.merge("PGOPTIONS", options, (own, ours) -> ours + " " + own);
        return variables;
    }

    /** The argument that names a database, and where its password is, but not the password. */
    public String connection(String database) {
        String base = DumpCommand.connectionString(database);
        return passFile == null ? base : base + " passfile=" + DumpCommand.quoted(passFile);
    }

    static List<String> with(List<String> prefix, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(arguments));
        return command;
    }
}
