package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PgBouncer of this machine, with the same pool size and the same kind of logins as pgpool gets. */
final class PgBouncer {
    private static final Pattern VERSION = Pattern.compile("PgBouncer (\\d+)\\.(\\d+)\\S*");

    private final String program;
    private final String version;
    private final boolean keepsStatements;

    private PgBouncer(String program, String version, boolean keepsStatements) {
        this.program = program;
        this.version = version;
        this.keepsStatements = keepsStatements;
    }

    static Optional<PgBouncer> find() throws IOException, InterruptedException {
        Optional<String> program = Programs.find("pgbouncer");
        return program.isPresent() ? Optional.of(inspect(program.get())) : Optional.empty();
    }

    private static PgBouncer inspect(String program) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program, "--version")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        Matcher matcher = VERSION.matcher(output);
        if (!matcher.find()) {
            throw new IllegalStateException(program + " --version said: " + output);
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        return new PgBouncer(program, matcher.group(), major > 1 || minor >= 21);
    }

    String version() {
        return version;
    }

    Contender start(int port, int serverPort, int poolSize, int maxClients) throws IOException {
        // Readable by the user that PgBouncer changes to; there is no secret in it.
        Path directory = Files.createTempDirectory(
                "pgbouncer", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path users = Files.writeString(directory.resolve("users.txt"), "\"" + BenchPostgres.USER + "\" \"\"\n");
        StringBuilder ini = new StringBuilder()
                .append("[databases]\n* = host=127.0.0.1 port=")
                .append(serverPort)
                .append("\n[pgbouncer]\n")
                .append("listen_addr = 127.0.0.1\nlisten_port = ")
                .append(port)
                .append("\nunix_socket_dir =\n")
                .append("auth_type = trust\nauth_file = ")
                .append(users)
                .append('\n')
                .append("pool_mode = transaction\ndefault_pool_size = ")
                .append(poolSize)
                .append('\n')
                .append("max_client_conn = ")
                .append(maxClients)
                .append('\n')
                .append("log_connections = 0\nlog_disconnections = 0\nlog_stats = 0\n");
        if (keepsStatements) {
            ini.append("max_prepared_statements = 200\n");
        }
        if (System.getProperty("user.name").equals("root")) {
            ini.append("user = nobody\n");
        }
        Path config = Files.writeString(directory.resolve("pgbouncer.ini"), ini);
        return Contender.start("pgbouncer", port, keepsStatements, List.of(program, config.toString()));
    }
}
