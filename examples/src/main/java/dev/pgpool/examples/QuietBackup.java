package dev.pgpool.examples;

import dev.pgpool.backup.BackupEngineBuilder;
import dev.pgpool.core.PgPool;
import dev.pgpool.core.advice.LoadHistory;
import dev.pgpool.core.advice.QuietTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;

/**
 * Backups when a pooler has the least to do: at the hours of the day that have been the quietest in the last weeks, and at 02:30 as
 * long as no quiet hour is known. What the pooler has seen is kept in a file when the program ends, so that a restart forgets nothing.
 */
public final class QuietBackup {
    private static final Duration LENGTH = Duration.ofHours(2);

    private final PgPool pool;
    private final String database;
    private final Path memory;

    /**
     * @param pool that runs
     * @param memory a file of the past hours
     */
    public QuietBackup(PgPool pool, String database, Path memory) {
        this.pool = pool;
        this.database = database;
        this.memory = memory;
    }

    /** Tells the pooler what earlier runs have seen. */
    public void recall() throws IOException {
        if (Files.exists(memory)) {
            pool.recall(database, LoadHistory.parse(Files.readString(memory)));
        }
    }

    /** Keeps what the pooler has seen; before it is closed. */
    public void keep() throws IOException {
        Files.writeString(memory, pool.advice().load(database).toText());
    }

    /** Has an engine take its backups when it is quiet. */
    public BackupEngineBuilder schedule(BackupEngineBuilder engine, ZoneId zone) {
        return engine.schedule("30 2 * * *", zone)
                .scheduleFrom(() -> pool.advice()
                        .load(database)
                        .quietestEveryDay(LENGTH, zone)
                        .map(QuietTime::cron));
    }
}
