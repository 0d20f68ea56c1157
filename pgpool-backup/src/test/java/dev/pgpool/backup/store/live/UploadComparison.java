package dev.pgpool.backup.store.live;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.config.RowCounts;
import dev.pgpool.backup.fixture.S3Server;
import dev.pgpool.backup.fixture.Source;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes the same database by the engine and by {@code pg_dump | rclone rcat} to the same S3 server, by turns, and prints the
 * medians. Started by {@code scripts/compare-upload.sh}; not a test.
 */
public final class UploadComparison {

    private static final int MILLIONS = 4;

    private UploadComparison() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int millions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : MILLIONS;
        String database = Source.postgres().createDatabase();
        Source.postgres()
                .executeIn(
                        database,
                        "CREATE TABLE t AS SELECT i, md5(i::text) || md5((i + 1)::text) AS a FROM generate_series(1, "
                                + millions + "000000) i",
                        "VACUUM ANALYZE t");
        System.out.printf("%-12s %14s %14s %8s%n", "compression", "engine s", "rclone s", "ratio");
        for (Compression compression : List.of(Compression.none(), Compression.gzip(1))) {
            List<Double> ours = new ArrayList<>();
            List<Double> theirs = new ArrayList<>();
            // Round 0 warms the JVM that the server and the engine share, and does not count; who is first changes.
            for (int round = 0; round <= rounds; round++) {
                String bucket = S3Server.shared().newBucket();
                double first =
                        round % 2 == 0 ? engine(database, bucket, compression) : rclone(database, bucket, compression);
                // The server keeps all in memory.
                empty(bucket);
                double second =
                        round % 2 == 0 ? rclone(database, bucket, compression) : engine(database, bucket, compression);
                empty(bucket);
                if (round > 0) {
                    ours.add(round % 2 == 0 ? first : second);
                    theirs.add(round % 2 == 0 ? second : first);
                }
            }
            System.out.printf(
                    "%-12s %14.2f %14.2f %8.2f%n",
                    compression.method(), median(ours), median(theirs), median(theirs) / median(ours));
        }
        System.exit(0);
    }

    private static void empty(String bucket) {
        try (ObjectStore store = S3Server.store(S3Server.shared().url(), bucket).build()) {
            List<String> keys = new ArrayList<>();
            store.list("", object -> keys.add(object.key()));
            store.delete(keys);
        }
    }

    private static double engine(String database, String bucket, Compression compression) {
        try (BackupEngine engine = Source.engine(
                        S3Server.store(S3Server.shared().url(), bucket).build(), database)
                .compression(compression)
                .rowCounts(RowCounts.NONE)
                .keepEverything()
                .build()) {
            engine.probeStore();
            long start = System.nanoTime();
            RunReport report = engine.run();
            if (!report.succeeded()) {
                throw new IllegalStateException(report.message());
            }
            return seconds(start);
        }
    }

    private static double rclone(String database, String bucket, Compression compression)
            throws IOException, InterruptedException {
        String level = compression.method() == Compression.Method.NONE ? "0" : Integer.toString(compression.level());
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c",
                "pg_dump -Fc -Z" + level + " -h 127.0.0.1 -p "
                        + Source.postgres().port() + " -U postgres " + database
                        + " | rclone rcat --s3-no-check-bucket :s3:" + bucket + "/rclone.dump");
        // The server is ours and speaks plain http; Debian's rclone does not start with this set.
        builder.environment().remove("AWS_CA_BUNDLE");
        builder.environment().put("NO_PROXY", "127.0.0.1");
        builder.environment()
                .putAll(java.util.Map.of(
                        "RCLONE_S3_PROVIDER", "Other",
                        "RCLONE_S3_ENDPOINT", S3Server.shared().url(),
                        "RCLONE_S3_ACCESS_KEY_ID", S3Server.ACCESS,
                        "RCLONE_S3_SECRET_ACCESS_KEY", S3Server.SECRET,
                        "RCLONE_S3_REGION", "us-east-1",
                        "RCLONE_S3_CHUNK_SIZE", "8M",
                        "RCLONE_S3_UPLOAD_CONCURRENCY", "4"));
        long start = System.nanoTime();
        Process process = builder.inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("pg_dump | rclone failed");
        }
        return seconds(start);
    }

    private static double seconds(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0;
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(Double.NaN);
    }
}
