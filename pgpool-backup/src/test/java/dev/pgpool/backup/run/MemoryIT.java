package dev.pgpool.backup.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.fixture.DiscardingS3;
import dev.pgpool.backup.fixture.EngineMain;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.fixture.Source;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dump that is many times larger than the heap goes through it with the default settings, that is five buffers of 8 MiB. The
 * size is 300 MiB, or what {@code backup.memory.mib} says.
 */
class MemoryIT {

    @TempDir
    Path directory;

    @Test
    void aDumpLargerThanTheHeapGoesThroughIt() throws Exception {
        int mebibytes = Integer.getInteger("backup.memory.mib", 300);
        String database = Source.postgres().createDatabase();
        try (DiscardingS3 s3 = new DiscardingS3(1e12)) {
            Process engine = EngineMain.start(
                    "64m",
                    Integer.toString(Source.postgres().port()),
                    database,
                    FakeDump.script(directory, "archive " + mebibytes),
                    s3.url() + "/bucket",
                    "600000");
            // a JVM from 20 on says that there is no directory for temporary files, which is meant
            String output = new String(engine.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .replaceFirst("(?m)^WARNING: java.io.tmpdir .*\\R", "");

            assertThat(engine.waitFor()).as(output).isZero();
            assertThat(output).startsWith("SUCCESS");
            assertThat(s3.sizes().entrySet())
                    .filteredOn(e -> e.getKey().endsWith("data.dump"))
                    .singleElement()
                    .satisfies(e -> assertThat(e.getValue()).isEqualTo(((long) mebibytes << 20) + 5));
        }
    }
}
