package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.internal.runtime.PoolerRuntime.StartFailure;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A unix socket that clients come in by, and its file. */
final class UnixListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(UnixListener.class);

    /** Listens on an address. */
    interface Binding {
        Channel bind(SocketAddress address) throws StartFailure;
    }

    private final ListenConfig config;
    private final Transport transport;
    private final Path file;
    private @Nullable Channel channel;

    UnixListener(ListenConfig config, int port, Transport transport) {
        this.config = config;
        this.transport = transport;
        this.file = config.unixSocketDirectory().orElseThrow().resolve(".s.PGSQL." + port);
    }

    /** Listens, in place of a process that is gone and has left its file, but not of one that is there. */
    void open(Binding binding) throws StartFailure {
        refuseOwned();
        removeStale();
        Channel bound = binding.bind(transport.unixAddress(file));
        channel = bound;
        permit();
    }

    /** A process that listens on a TCP port of its own may be there, or one that shares ours. */
    private void refuseOwned() throws StartFailure {
        Path lock = file.resolveSibling(file.getFileName() + ".lock");
        if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
            throw new StartFailure(
                    "listen.unixSocketDirectory: unix socket " + file + " is in use: there is " + lock
                            + " (expected: a directory of its own for each process)",
                    new IOException("locked"));
        }
        if (isAnswering()) {
            throw new StartFailure(
                    "listen.unixSocketDirectory: unix socket " + file
                            + " is in use by another process (expected: a directory of its own for each process)",
                    new IOException("in use"));
        }
    }

    private boolean isAnswering() {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(file));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    private void removeStale() throws StartFailure {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new StartFailure("could not replace the unix socket " + file + ": " + e.getMessage(), e);
        }
    }

    private void permit() throws StartFailure {
        String octal = config.unixSocketMode();
        try {
            Files.setAttribute(file, "unix:mode", Integer.parseInt(octal, 8));
        } catch (IOException | UnsupportedOperationException e) {
            close();
            throw new StartFailure("could not set the permissions of " + file + " to " + octal, e);
        }
    }

    SocketAddress address() {
        return transport.unixAddress(file);
    }

    boolean isOpen() {
        Channel bound = channel;
        return bound != null && bound.isActive();
    }

    /** The file goes first: behind a closed socket another process may have put its own in its place. */
    void close() {
        Channel bound = channel;
        if (bound == null || !bound.isOpen()) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOGGER.atWarn().addKeyValue("file", file).setCause(e).log("unix socket not removed");
        }
        bound.close().awaitUninterruptibly();
    }
}
