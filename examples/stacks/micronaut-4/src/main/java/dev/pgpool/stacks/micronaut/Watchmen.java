package dev.pgpool.stacks.micronaut;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.store.DirectoryStore;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;

/** A backup each night and a watch of certificates as beans. */
@Factory
class Watchmen {

    /** Straight to the server: pg_dump has no use for a pooler. */
    @Context
    @Bean(preDestroy = "close")
    BackupEngine backups(
            @Value("${db.host}") String host,
            @Value("${db.port}") int port,
            @Value("${db.password}") String password,
            @Value("${backup.directory}") Path directory) {
        BackupEngine engine = BackupEngine.builder()
                .source(PgServer.of(host, port, "app", password))
                .store(new DirectoryStore(directory))
                .schedule("30 2 * * *", ZoneId.systemDefault())
                .build();
        engine.start();
        return engine;
    }

    @Context
    @Bean(preDestroy = "close")
    CertWatch certificates(@Value("${certificates}") List<String> targets) {
        CertWatchBuilder builder = CertWatch.builder();
        targets.forEach(builder::target);
        CertWatch watch = builder.build();
        watch.start();
        return watch;
    }
}
