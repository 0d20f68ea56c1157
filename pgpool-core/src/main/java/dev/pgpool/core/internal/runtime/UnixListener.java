package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.SocketWords;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A unix socket that clients come in by, and its file, unless it is in the abstract namespace. */
final class UnixListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(UnixListener.class);
    private static final String PLACE = "a directory that this process may write to";
    private static final String OWN_PLACE = "a directory of its own for each process";

    /** Listens on an address. */
    interface Binding {
        Channel bind(SocketAddress address) throws IOException;
    }

    private final ListenConfig config;
    private final SocketAddress address;
    /** None in the abstract namespace. */
    private final @Nullable Path file;

    private @Nullable Channel channel;

    UnixListener(ListenConfig config, int port, Transport transport) {
        String directory = config.unixSocketDirectory().orElseThrow().toString();
        this.config = config;
        this.address = transport.unixAddress(directory, port);
        this.file = directory.startsWith(Transport.ABSTRACT) ? null : Path.of(Transport.shown(address));
    }

    /** Listens, in place of a process that is gone and has left its file, but not of one that is there. */
    void open(Binding binding) throws StartFailure {
        Path left = file;
        if (left != null) {
            refuseOwned(left);
            removeStale(left);
        }
        try {
            channel = binding.bind(address);
        } catch (IOException e) {
            throw failure("listen.unixSocketDirectory", "can't be opened: " + SocketWords.of(e), PLACE, e);
        }
        if (left != null) {
            // of the group first: the mode may be for it alone, and processes of another one could connect for a moment
            giveToGroup(left);
            permit(left);
        }
    }

    private StartFailure failure(String setting, String problem, String expected, IOException cause) {
        return new StartFailure(
                setting + ": unix socket " + Transport.shown(address) + " " + problem + " (expected: " + expected + ")",
                cause);
    }

    /** A process that listens on a TCP port of its own may be there, or one that shares ours. */
    private void refuseOwned(Path left) throws StartFailure {
        Path lock = left.resolveSibling(left.getFileName() + ".lock");
        if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
            throw failure(
                    "listen.unixSocketDirectory", "is in use: there is " + lock, OWN_PLACE, new IOException("locked"));
        }
        if (isAnswering(left)) {
            throw failure(
                    "listen.unixSocketDirectory", "is in use by another process", OWN_PLACE, new IOException("in use"));
        }
    }

    private static boolean isAnswering(Path left) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(left));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    private void removeStale(Path left) throws StartFailure {
        try {
            Files.deleteIfExists(left);
        } catch (IOException e) {
            throw failure("listen.unixSocketDirectory", "can't be replaced: " + words(e), PLACE, e);
        }
    }

    private void giveToGroup(Path opened) throws StartFailure {
        if (config.unixSocketGroup().isEmpty()) {
            return;
        }
        String name = config.unixSocketGroup().get();
        try {
            GroupPrincipal group =
                    opened.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name);
            Files.setAttribute(opened, "posix:group", group);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            close();
            String problem = "can't be given to \"" + name + "\": " + words(e);
            throw failure(
                    "listen.unixSocketGroup",
                    problem,
                    "a group of this machine that this process is in",
                    new IOException(problem, e));
        }
    }

    private void permit(Path opened) throws StartFailure {
        String octal = config.unixSocketMode();
        try {
            Files.setAttribute(opened, "unix:mode", Integer.parseInt(octal, 8));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            close();
            String problem = "can't have the permissions " + octal + ": " + words(e);
            throw failure("listen.unixSocketMode", problem, "a file system that has permissions", new IOException(e));
        }
    }

    /** What Java says of a file has its name in front, which is told already. */
    private static String words(Exception problem) {
        if (problem instanceof UserPrincipalNotFoundException) {
            return "there is no such group";
        }
        if (problem instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        String reason = problem instanceof FileSystemException file ? file.getReason() : problem.getMessage();
        return reason == null ? problem.getClass().getSimpleName() : reason;
    }

    SocketAddress address() {
        return address;
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
        Path opened = file;
        try {
            if (opened != null) {
                Files.deleteIfExists(opened);
            }
        } catch (IOException e) {
            LogLine.warn(LOGGER, "unix socket not removed")
                    .with("file", opened)
                    .cause(e)
                    .write();
        }
        bound.close().awaitUninterruptibly(Listeners.CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
