package dev.pgpool.backup.internal.archive;

import dev.pgpool.backup.internal.bytes.ChunkedInputStream;
import dev.pgpool.backup.internal.dump.ClientTools;
import dev.pgpool.backup.internal.dump.ToolVersion;
import dev.pgpool.backup.report.BackupException;
import dev.pgpool.backup.report.FailureReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A plain dump in front of which psql is told to take no meta-commands: with them, a dump that another program wrote,
 * or one of a database that is not trusted, could run programs on this machine. Newer versions of pg_dump put such a lock into
 * the dump; it is replaced by ours, whose key the dump's writer cannot know. Used by one thread.
 *
 * @see <a href="https://www.postgresql.org/docs/current/app-psql.html">psql, {@code \restrict}</a>
 */
public final class RestrictedScript extends ChunkedInputStream {

    /** The first minor version that knows {@code \restrict}; later majors all do. */
    private static final Map<Integer, Integer> SINCE = Map.of(13, 22, 14, 19, 15, 14, 16, 10, 17, 6);

    private static final int NEWEST_WITHOUT = 17;
    private static final int KEY_BYTES = 32;
    private static final int LONGEST_HEAD_LINE = 4096;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final InputStream script;
    private byte[] ready;
    private int position;
    private boolean ended;
    /** The dump's own last line that is taken out, or {@code null} if it has no lock. */
    private byte @Nullable [] unlock;

    private boolean lineStart = true;

    /** The script, of which the head is read at once. */
    RestrictedScript(InputStream script) throws IOException {
        this.script = script;
        byte[] key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.writeBytes(("\\restrict " + HexFormat.of().formatHex(key) + "\n").getBytes(StandardCharsets.US_ASCII));
        readHead(head);
        ready = head.toByteArray();
    }

    /**
     * Refuses a psql that cannot be restricted.
     *
     * @throws BackupException with VERSION_MISMATCH
     */
    public static void requireRestrictable(ClientTools tools) {
        ToolVersion psql = tools.psqlVersion();
        Integer since = SINCE.get(psql.major());
        if (psql.major() > NEWEST_WITHOUT || (since != null && psql.number() % 10_000 >= since)) {
            return;
        }
        throw new BackupException(
                FailureReason.VERSION_MISMATCH,
                psql.text()
                        + " would execute a plain dump's meta-commands (expected: one that knows \\restrict: 13.22, 14.19,"
                        + " 15.14, 16.10, 17.6 or newer)");
    }

    /** Comments and empty lines, and the dump's own lock if it comes next. */
    private void readHead(ByteArrayOutputStream head) throws IOException {
        while (true) {
            byte[] line = readLine();
            if (startsWith(line, "\\restrict ")) {
                byte[] key = Arrays.copyOfRange(line, "\\restrict ".length(), line.length);
                ByteArrayOutputStream last = new ByteArrayOutputStream();
                last.writeBytes("\\unrestrict ".getBytes(StandardCharsets.US_ASCII));
                last.writeBytes(key);
                unlock = last.toByteArray();
                return;
            }
            head.writeBytes(line);
            if (line.length == 0 || !(startsWith(line, "--") || line[0] == '\n')) {
                lineStart = line.length == 0 || line[line.length - 1] == '\n';
                return;
            }
        }
    }

    private byte[] readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = script.read(); b >= 0; b = script.read()) {
            line.write(b);
            if (b == '\n' || line.size() >= LONGEST_HEAD_LINE) {
                break;
            }
        }
        return line.toByteArray();
    }

    private static boolean startsWith(byte[] line, String text) {
        byte[] start = text.getBytes(StandardCharsets.US_ASCII);
        return line.length >= start.length && Arrays.equals(line, 0, start.length, start, 0, start.length);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (position == ready.length) {
            if (ended) {
                return -1;
            }
            fill(Math.max(length, LONGEST_HEAD_LINE));
        }
        int n = Math.min(length, ready.length - position);
        System.arraycopy(ready, position, target, offset, n);
        position += n;
        return n;
    }

    private void fill(int length) throws IOException {
        byte[] chunk = script.readNBytes(length);
        ended = chunk.length < length;
        position = 0;
        ready = unlock == null ? chunk : withoutUnlock(chunk, unlock);
    }

    /** The chunk up to the lock's end, should that begin in it. Nothing else in a dump can be that line: its key is random. */
    private byte[] withoutUnlock(byte[] read, byte[] line) throws IOException {
        byte[] chunk = read;
        for (int i = 0; i < chunk.length; i++) {
            if (lineStart && chunk[i] == '\\') {
                if (chunk.length - i < line.length && !ended) {
                    byte[] more = script.readNBytes(line.length);
                    ended = more.length < line.length;
                    int known = chunk.length;
                    chunk = Arrays.copyOf(chunk, known + more.length);
                    System.arraycopy(more, 0, chunk, known, more.length);
                }
                if (chunk.length - i >= line.length && Arrays.equals(chunk, i, i + line.length, line, 0, line.length)) {
                    byte[] cut = new byte[chunk.length - line.length];
                    System.arraycopy(chunk, 0, cut, 0, i);
                    System.arraycopy(chunk, i + line.length, cut, i, cut.length - i);
                    unlock = null;
                    return cut;
                }
            }
            lineStart = chunk[i] == '\n';
        }
        return chunk;
    }

    @Override
    public void close() throws IOException {
        script.close();
    }
}
