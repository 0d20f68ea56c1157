package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Rows in large amounts, and large ones. */
enum Bulk {
    COPY_OUT("COPY out of 1 GB", "COPY (SELECT repeat('x', 999) FROM generate_series(1, 1000000)) TO STDOUT", 1_000),
    ONE_VALUE("one value of 100 MB", "SELECT repeat('x', 100000000)", 100);

    private final String title;
    private final String sql;
    private final int megabytes;

    Bulk(String title, String sql, int megabytes) {
        this.title = title;
        this.sql = sql;
        this.megabytes = megabytes;
    }

    String title() {
        return title;
    }

    /** Asks for it so many times. Megabytes are counted as transactions: microseconds for each are milliseconds for a GB. */
    PgBench.Run run(int port, int times) throws IOException, InterruptedException {
        String psql = Programs.find("psql").orElseThrow(() -> new IllegalStateException("psql not found on PATH"));
        List<String> command = new ArrayList<>(List.of(
                psql,
                "-X",
                "-At",
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-U",
                BenchPostgres.USER,
                "-d",
                BenchPostgres.DATABASE));
        for (int i = 0; i < times; i++) {
            command.addAll(List.of("-c", sql));
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("PGSSLMODE", "disable");
        long before = System.nanoTime();
        if (builder.start().waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
        double seconds = (System.nanoTime() - before) / 1e9;
        int all = megabytes * times;
        return new PgBench.Run(all, all / seconds, new long[0]);
    }
}
