package dev.pgpool.examples;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.backup.config.PgServer;
import dev.pgpool.backup.notify.WebhookNotifier;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.retention.RetentionPolicy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Backups every night at 02:30, kept for 30 days and by month for a year, the newest proved by a restore every Sunday, and a
 * webhook that hears when something is wrong. Set up by the environment: {@code PGHOST}, {@code PGPORT}, {@code PGUSER},
 * {@code PGPASSWORD}; {@code BACKUP_DIR}, or {@code S3_ENDPOINT} and its companions (see {@link BackupDemo});
 * {@code BACKUP_WEBHOOK}.
 */
public final class NightlyBackup {

    private NightlyBackup() {}

    /**
     * Runs until the JVM is stopped; with the argument {@code now} it takes one backup and ends, with status 0 if it succeeded.
     *
     * @param arguments {@code now}, or nothing
     */
    public static void main(String[] arguments) throws InterruptedException {
        try (BackupEngine engine = engine(System.getenv())) {
            if (arguments.length > 0 && arguments[0].equals("now")) {
                RunReport report = engine.run();
                System.out.println(report.outcome() + " " + report.message());
                System.out.print(engine.catalog().table());
                System.exit(report.succeeded() ? 0 : 1);
            }
            Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
            engine.start();
            new CountDownLatch(1).await();
        } catch (IllegalArgumentException e) {
            System.err.println("nightly backup: " + e.getMessage());
            System.exit(2);
        }
    }

    /** The engine that the environment asks for; nothing is started yet. */
    static BackupEngine engine(Map<String, String> environment) {
        PgServer server = PgServer.of(
                environment.getOrDefault("PGHOST", "127.0.0.1"),
                port(environment.getOrDefault("PGPORT", "5432")),
                environment.getOrDefault("PGUSER", "postgres"),
                environment.getOrDefault("PGPASSWORD", ""));
        BackupEngineBuilder builder = BackupEngine.builder()
                .source(server)
                .store(BackupDemo.store(environment, Path.of(environment.getOrDefault("BACKUP_DIR", "backups"))))
                .retention(RetentionPolicy.keepFor(Duration.ofDays(30)).withGenerations(0, 0, 12, 0))
                .verifyOn(server)
                .schedule("30 2 * * *", ZoneId.systemDefault())
                .verifySchedule("0 6 * * 0", ZoneId.systemDefault());
        String webhook = environment.get("BACKUP_WEBHOOK");
        if (webhook != null) {
            builder.listener(WebhookNotifier.to(URI.create(webhook)).build());
        }
        return builder.build();
    }

    private static int port(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("PGPORT: \"" + text + "\" (expected: a number)", e);
        }
    }
}
