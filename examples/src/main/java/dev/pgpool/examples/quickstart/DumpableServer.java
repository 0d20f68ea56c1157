package dev.pgpool.examples.quickstart;

import dev.pgpool.backup.config.PgServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * The server that backups are shown on. pg_dump takes no dump of a server newer than itself, and Debian's is often older than
 * the quickstart's PostgreSQL 18; so where the build left PostgreSQL 15, that is started.
 *
 * @param server how to reach it
 * @param process what to stop at the end; null for a server that others stop
 */
public record DumpableServer(PgServer server, @Nullable EmbeddedPostgres process) implements AutoCloseable {

    /** The directory with {@code postgres-15.jar}, as the build's quickstart profile sets it. */
    static final String DIRECTORY = "pgpool.quickstart.postgres.dir";

    /** One of its own if the quickstart's is an embedded one and the build left an older one, else the quickstart's. */
    public static DumpableServer beside(BankServer bank) throws IOException {
        Path archive = Path.of(System.getProperty(DIRECTORY, ""), "postgres-15.jar");
        if (!bank.isEmbedded() || !Files.exists(archive)) {
            String password = Objects.requireNonNullElse(bank.password(), "");
            PgServer same =
                    PgServer.of(bank.host(), bank.port(), bank.user(), password).withAdminDatabase(bank.database());
            return new DumpableServer(same, null);
        }
        EmbeddedPostgres process = EmbeddedPostgres.builder()
                .setPgBinaryResolver((system, hardware) -> binaries(archive))
                .start();
        return new DumpableServer(PgServer.of("127.0.0.1", process.getPort(), "postgres", ""), process);
    }

    private static ByteArrayInputStream binaries(Path archive) throws IOException {
        try (JarFile jar = new JarFile(archive.toFile())) {
            JarEntry entry = jar.stream()
                    .filter(each -> each.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException(archive + ": no .txz entry"));
            return new ByteArrayInputStream(jar.getInputStream(entry).readAllBytes());
        }
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
    }
}
