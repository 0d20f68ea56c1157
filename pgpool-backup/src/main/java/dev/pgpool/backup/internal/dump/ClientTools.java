package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.config.PgServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    /** Programs that give their arguments to a shell on another machine, which takes them apart once more. */
    private static final Set<String> REMOTE_SHELLS = Set.of("ssh", "rsh");

    /** The connection parameters of variables that are not secret. */
    private static final Map<String, String> PARAMETERS = Map.of(
            "PGAPPNAME", "application_name",
            "PGCONNECT_TIMEOUT", "connect_timeout",
            "PGSSLMODE", "sslmode",
            "PGSSLROOTCERT", "sslrootcert",
            "PGSSLCERT", "sslcert",
            "PGSSLKEY", "sslkey");

    static final Duration PROBE_LIMIT = Duration.ofSeconds(30);

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

    /** The environment of a client program for this server; the only place where the password goes. */
    public Map<String, String> environmentFor(PgServer server, String applicationName) {
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
        return variables;
    }

    /** The arguments of pg_dump. */
    public List<String> dumpArguments(DumpCommand command, String applicationName) {
        return command.arguments(connection(
                command.server(),
                command.database(),
                applicationName,
                StartOptions.withoutPath(command.serverVersion())));
    }

    /**
     * The argument that names a database, and how to log in to it, but not the password. The start-up options are part of it: with
     * options in a connection string {@code PGOPTIONS} is not read. Where the environment may not arrive, everything is that is
     * not secret.
     */
    public String connection(PgServer server, String database, String applicationName, String options) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("dbname", database);
        // The host's own come last, so that they win.
        parameters.put("options", options + " " + environment.getOrDefault("PGOPTIONS", ""));
        if (passFile != null) {
            parameters.put("passfile", passFile);
            environmentFor(server, applicationName).forEach((variable, value) -> {
                String parameter = PARAMETERS.get(variable);
                if (parameter != null) {
                    parameters.put(parameter, value);
                }
            });
        }
        return DumpCommand.connectionString(parameters);
    }

    /** A command prefix with arguments, as they have to be given for the program at its end to get them. */
    public static List<String> command(List<String> prefix, List<String> arguments) {
        List<String> command = new ArrayList<>(prefix);
        boolean remote = prefix.stream()
                .limit(prefix.size() - 1L)
                .anyMatch(word -> REMOTE_SHELLS.contains(word.substring(word.lastIndexOf('/') + 1)));
        arguments.forEach(argument -> command.add(remote ? shellQuoted(argument) : argument));
        return command;
    }

    private static String shellQuoted(String argument) {
        return "'" + argument.replace("'", "'\\''") + "'";
    }

    static List<String> with(List<String> prefix, String... arguments) {
        return command(prefix, List.of(arguments));
    }
}
