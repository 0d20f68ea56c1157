package dev.pgpool.backup.internal.dump;

import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.internal.bytes.ChunkedInputStream;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The end-of-stream gate. A pipe whose writer crashed looks exactly like one whose writer was finished; so this stream says
 * "end" only after the program's exit status is known to be 0, and throws otherwise. The uploader can rely on its
 * end. An empty dump and one that lacks the format's first bytes are failures too. Read by one thread.
 */
public final class GatedDumpStream extends ChunkedInputStream {

    private static final byte[] CUSTOM_MAGIC = "PGDMP".getBytes(StandardCharsets.US_ASCII);

    private final ChildProcess child;
    private final InputStream stdout;
    private final DumpFormat format;
    private final byte[] head = new byte[CUSTOM_MAGIC.length];
    private final Runnable onFirstByte;
    private long bytes;
    private boolean ended;

    GatedDumpStream(ChildProcess child, DumpFormat format, Runnable onFirstByte) {
        this.onFirstByte = onFirstByte;
        this.child = child;
        this.stdout = child.stdout();
        this.format = format;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (ended) {
            return -1;
        }
        int n = stdout.read(target, offset, length);
        if (n < 0) {
            passGate();
            ended = true;
            return -1;
        }
        if (bytes == 0 && n > 0) {
            onFirstByte.run();
        }
        for (int i = 0; i < n && bytes + i < head.length; i++) {
            head[(int) bytes + i] = target[offset + i];
        }
        bytes += n;
        return n;
    }

    private void passGate() {
        int status;
        try {
            status = child.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException(FailureReason.CANCELLED, "interrupted while waiting for " + child.name(), e);
        }
        if (status != 0) {
            throw DumpFailure.of(child.name(), status, child.stderrText());
        }
        if (bytes == 0) {
            throw new BackupException(
                    FailureReason.DUMP_EMPTY, child.name() + ": exit status 0, but nothing was written");
        }
        if (format == DumpFormat.CUSTOM && !java.util.Arrays.equals(head, CUSTOM_MAGIC)) {
            throw new BackupException(
                    FailureReason.DUMP_EMPTY, child.name() + ": output does not begin with PGDMP, so it is no archive");
        }
    }

    /** Bytes read so far. */
    public long bytes() {
        return bytes;
    }
}
