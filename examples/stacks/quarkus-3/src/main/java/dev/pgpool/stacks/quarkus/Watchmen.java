package dev.pgpool.stacks.quarkus;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** A backup each night and a watch of certificates as beans. */
@Singleton
public class Watchmen {

    /** Straight to the server: pg_dump has no use for a pooler. */
    @Produces
    @Singleton
    @Startup
    BackupEngine backups(
            @ConfigProperty(name = "db.host") String host,
            @ConfigProperty(name = "db.port") int port,
            @ConfigProperty(name = "db.password") String password,
            @ConfigProperty(name = "backup.directory") Path directory) {
        BackupEngine engine = BackupEngine.builder()
                .source(PgServer.of(host, port, "app", password))
                .store(new DirectoryStore(directory))
                .schedule("30 2 * * *", ZoneId.systemDefault())
                .build();
        engine.start();
        return engine;
    }

    @Produces
    @Singleton
    @Startup
    CertWatch certificates(@ConfigProperty(name = "certificates") List<String> targets) {
        CertWatchBuilder builder = CertWatch.builder();
        targets.forEach(builder::target);
        CertWatch watch = builder.build();
        watch.start();
        return watch;
    }

    void end(@Disposes BackupEngine engine) {
        engine.close();
    }

    void end(@Disposes CertWatch watch) {
        watch.close();
    }
}
