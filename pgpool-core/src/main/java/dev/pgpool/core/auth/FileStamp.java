package dev.pgpool.core.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a file is like, for those who read it anew when an operator has edited it: equal to an earlier stamp if it has not
 * changed since, as far as the file system tells.
 *
 * @param modified when its contents changed
 * @param size in bytes; -1 if there is no such file
 * @param identity which file it is, where the file system says so: another one of the same name has been put in its place
 */
public record FileStamp(
        FileTime modified, long size, @Nullable Object identity) {

    /** A file modified less than this before it was read may change again within the tick of its modification time. */
    private static final Duration TICK = Duration.ofSeconds(2);

    private static final FileStamp NONE = new FileStamp(FileTime.fromMillis(0), -1, null);

    /** @throws IOException if the file can't be looked at */
    public static FileStamp of(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new FileStamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }

    /** As {@link #of}; all files that can't be looked at are alike. */
    public static FileStamp ofAny(Path path) {
        try {
            return of(path);
        } catch (IOException e) {
            return NONE;
        }
    }

    /** Whether a change after this moment would show in the stamp. */
    public boolean isSettledAt(long epochMillis) {
        return modified.toMillis() + TICK.toMillis() < epochMillis;
    }
}
