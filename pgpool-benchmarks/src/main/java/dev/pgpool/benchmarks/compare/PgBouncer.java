package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    Contender start(int port, PoolerIni ini, Setup setup) throws IOException {
        List<String> more = new ArrayList<>();
        if (keepsStatements) {
            more.add("max_prepared_statements = 200");
        }
        if (System.getProperty("user.name").equals("root")) {
            more.add("user = nobody");
        }
        Path config = ini.write(port, setup, more.toArray(String[]::new));
        return Contender.start("pgbouncer", port, keepsStatements, Map.of(), List.of(program, config.toString()));
    }
}
