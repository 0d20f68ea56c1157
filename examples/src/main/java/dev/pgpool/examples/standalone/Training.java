package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.pgbouncer.ConnectionLog;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the launcher has a JVM do that writes an archive of classes at its end: all that a pooler does in its first minute. */
final class Training {
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    private Training() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createTempDirectory("pgpool");
        Path file = directory.resolve("pgbouncer.ini");
        try {
            Files.write(
                    file,
                    List.of(
                            "[databases]",
                            "* = host=127.0.0.1",
                            "[pgbouncer]",
                            "unix_socket_dir = " + directory,
                            "auth_type = trust"));
            PgBouncerIni ini = PgBouncerIni.read(file);
            Logging logging = new Logging(0);
            logging.silence();
            WarmUp.run(WARM_UP, Integer.MAX_VALUE);
            logging.start(Optional.empty(), true, ini);
            try (PgPool pool = PgPool.of(new FollowedIni(ini, logging::adopt), new ConnectionLog(ini))) {
                pool.start();
            }
        } finally {
            Files.delete(file);
            Files.delete(directory);
        }
        System.exit(0);
    }
}
