package dev.pgpool.core.internal.client;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Names of users of this machine. Only those of {@code /etc/passwd}: the JVM does not know the system's other
 * directories.
 */
final class SystemUsers {
    private static final Path SELF = Path.of("/proc/self");
    private static final Path PASSWD = Path.of("/etc/passwd");

    private SystemUsers() {}

    /**
     * The name of the user at the other end of a unix socket; empty if the system or this transport does not say. Blocks while it
     * reads a file.
     */
    static Optional<String> nameOf(Channel channel) {
        try {
            PeerCredentials peer = credentials(channel);
            return peer == null ? Optional.empty() : nameOf(peer.uid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the process at the other end of a unix socket runs as the same user as this one. */
    static boolean isOurs(Channel channel) {
        try {
            PeerCredentials peer = credentials(channel);
            return peer != null && Files.getAttribute(SELF, "unix:uid").equals(peer.uid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Which process is at the other end of a unix socket; none if the system or this transport does not say. */
    static OptionalInt processOf(Channel channel) {
        try {
            PeerCredentials peer = credentials(channel);
            return peer == null || peer.pid() <= 0 ? OptionalInt.empty() : OptionalInt.of(peer.pid());
        } catch (IOException e) {
            // the client is gone already
            return OptionalInt.empty();
        }
    }

    private static @Nullable PeerCredentials credentials(Channel channel) throws IOException {
        if (channel instanceof EpollDomainSocketChannel epoll) {
            return epoll.peerCredentials();
        }
        return channel instanceof KQueueDomainSocketChannel kqueue ? kqueue.peerCredentials() : null;
    }

    /** Lines are {@code name:x:uid:gid:...}; the first of several names of one user counts, as in the C library. */
    private static Optional<String> nameOf(int uid) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(PASSWD, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(":", 4);
                if (fields.length == 4 && fields[2].equals(String.valueOf(uid))) {
                    return Optional.of(fields[0]);
                }
            }
        }
        return Optional.empty();
    }
}
