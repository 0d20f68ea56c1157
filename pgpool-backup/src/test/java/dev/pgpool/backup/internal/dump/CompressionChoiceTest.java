package dev.pgpool.backup.internal.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.backup.config.Compression;
import dev.pgpool.backup.fixture.FakeDump;
import dev.pgpool.backup.report.BackupException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which compression is asked of which pg_dump; scripted, since Debian's is 15 and knows gzip only. */
class CompressionChoiceTest {
    private static final String WITH_ALL = "echo 'pg_dump: error: connection to server on socket failed' >&2; exit 1";
    private static final String WITH_GZIP_ONLY =
            "echo 'pg_dump: error: this build does not support compression with ZSTD' >&2; exit 1";

    @TempDir
    Path directory;

    private Compression chosen(Compression wanted, String version, String build) {
        String script = FakeDump.script(directory, version, build);
        ClientTools tools = new ClientTools(
                List.of(script), List.of("pg_restore"), List.of("psql"), Map.of(), Duration.ofSeconds(1), null);
        return CompressionChoice.choose(tools, wanted, tools.dumpVersion());
    }

    @Test
    void autoIsZstdWhereTheClientCanAndGzipElsewhere() {
        assertThat(chosen(Compression.auto(), "16.4", WITH_ALL)).isEqualTo(Compression.zstd(3));
        assertThat(chosen(Compression.auto(), "18.0", WITH_ALL)).isEqualTo(Compression.zstd(3));
        assertThat(chosen(Compression.auto(), "16.4", WITH_GZIP_ONLY)).isEqualTo(Compression.gzip(4));
        assertThat(chosen(Compression.auto(), "15.18", WITH_ALL)).isEqualTo(Compression.gzip(4));
    }

    @Test
    void whatTheClientCanNotDoIsRefused() {
        assertThat(chosen(Compression.zstd(9), "17.2", WITH_ALL)).isEqualTo(Compression.zstd(9));
        assertThatThrownBy(() -> chosen(Compression.zstd(9), "17.2", WITH_GZIP_ONLY))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("ZSTD")
                .hasMessageContaining("17.2");
        assertThatThrownBy(() -> chosen(Compression.zstd(9), "15.18", WITH_ALL))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("15.18")
                .hasMessageContaining("expected: pg_dump 16 or newer");
    }

    @Test
    void gzipAndNoneNeedNoAsking() {
        assertThat(chosen(Compression.none(), "15.18", "exit 1")).isEqualTo(Compression.none());
        assertThat(chosen(Compression.gzip(9), "15.18", "exit 1")).isEqualTo(Compression.gzip(9));
    }
}
