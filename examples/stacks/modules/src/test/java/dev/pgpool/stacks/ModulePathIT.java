package dev.pgpool.stacks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same as modules: a JVM with a module path and no class path. */
class ModulePathIT {

    @Test
    void aQueryABackupAndALookAtACertificate(@TempDir Path directory) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
                CertificateServer server = CertificateServer.start(directory)) {
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE app LOGIN PASSWORD 'geheim' SUPERUSER");
            }
            Path said = directory.resolve("said");
            Process program = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "--module-path", String.join(File.pathSeparator, "target/classes", "target/modules"),
                            "--module", "dev.pgpool.stacks.modules/dev.pgpool.stacks.modules.OnTheModulePath",
                            String.valueOf(postgres.getPort()),
                            Files.createDirectory(directory.resolve("backups")).toString(),
                            String.valueOf(server.port()))
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            int exit = program.waitFor();
            String text = Files.readString(said, StandardCharsets.UTF_8);
            assertEquals(0, exit, text);
            assertTrue(text.contains("module dev.pgpool.core: pooled"), text);
            assertTrue(text.contains("in-process: true"), text);
            assertTrue(text.contains("module dev.pgpool.backup: backed up"), text);
            assertTrue(text.contains("module dev.pgpool.certwatch: ") && text.contains("stack"), text);
        }
    }
}
