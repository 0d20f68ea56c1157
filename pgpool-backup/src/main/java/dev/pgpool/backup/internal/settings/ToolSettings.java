package dev.pgpool.backup.internal.settings;

import dev.pgpool.backup.internal.check.Problems;
import dev.pgpool.backup.internal.dump.ClientTools;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How PostgreSQL's client programs are called. Confined to one thread. */
public final class ToolSettings {

    private final Problems problems;
    private List<String> dump = List.of("pg_dump");
    private List<String> restore = List.of("pg_restore");
    private List<String> psql = List.of("psql");
    private final Map<String, String> environment = new LinkedHashMap<>();
    private @Nullable String passFile;
    private Duration grace = Duration.ofSeconds(10);

    ToolSettings(Problems problems) {
        this.problems = problems;
    }

    public void dump(String... command) {
        dump = command("dumpCommand", command);
    }

    public void restore(String... command) {
        restore = command("restoreCommand", command);
    }

    public void psql(String... command) {
        psql = command("psqlCommand", command);
    }

    private List<String> command(String setting, String... command) {
        problems.require(command.length > 0, setting, "empty", "at least the program");
        return List.of(command);
    }

    public void environment(String name, String value) {
        environment.put(name, value);
    }

    public void passFile(String path) {
        problems.require(!path.isBlank() && path.indexOf('\0') < 0, "toolPassFile", "\"" + path + "\"", "a path");
        passFile = path;
    }

    public void grace(Duration time) {
        problems.positive("toolGrace", time);
        grace = time;
    }

    ClientTools checked() {
        return new ClientTools(dump, restore, psql, environment, grace, passFile);
    }
}
