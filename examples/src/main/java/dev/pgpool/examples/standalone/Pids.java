package dev.pgpool.examples.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The process id that signals go to, and the file that names it. */
final class Pids {
    /** The launcher says its own: it passes signals on, one of which a JVM can't catch. */
    private static final String LAUNCHER = "PGPOOL_LAUNCHER_PID";

    private Pids() {}

    static long own() {
        String launcher = System.getenv(LAUNCHER);
        return launcher == null ? ProcessHandle.current().pid() : Long.parseLong(launcher);
    }

    /** The program that has started this process, if there is one: each of the two ends with the other. */
    static Optional<ProcessHandle> launcher() {
        return System.getenv(LAUNCHER) == null ? Optional.empty() : ProcessHandle.of(own());
    }

    /** The process that the file names, if it is running and is another than this one. */
    static Optional<Long> running(Path file) {
        try {
            long pid = Long.parseLong(Files.readString(file).strip());
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent() && pid != own()
                    ? Optional.of(pid)
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            // none, or a stale one
            return Optional.empty();
        }
    }

    static void write(Path file) throws IOException {
        Files.writeString(file, own() + "\n");
    }

    static void remove(Path file) throws IOException {
        Files.deleteIfExists(file);
    }
}
