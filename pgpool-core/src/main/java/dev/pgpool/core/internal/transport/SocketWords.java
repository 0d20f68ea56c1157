package dev.pgpool.core.internal.transport;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslClosedEngineException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.NetUtil;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with a connection, and where it was to go, in the words that PostgreSQL's programs have for it: those of
 * the operating system. What the libraries beneath say of themselves is of no use to a client.
 */
public final class SocketWords {
    private static final String CLOSED = "server closed the connection unexpectedly";
    private static final String TIMED_OUT = "Connection timed out";
    /** What Netty's native transports say: the call, its number, and then the system's words. */
    private static final Pattern NATIVE = Pattern.compile(".*failed(?: with error)?\\(-?\\d+\\): (.+)", Pattern.DOTALL);

    private static final String LIBRARY = "io.netty.";

    private SocketWords() {}

    /** Why it failed. */
    public static String of(@Nullable Throwable problem) {
        for (Throwable cause = problem; cause != null; cause = next(cause)) {
            String words = known(cause);
            if (words != null) {
                return words;
            }
        }
        return problem == null ? CLOSED : last(innermost(problem));
    }

    private static @Nullable Throwable next(Throwable cause) {
        Throwable next = cause.getCause();
        return next == cause ? null : next;
    }

    private static Throwable innermost(Throwable problem) {
        Throwable at = problem;
        for (Throwable deeper = next(at); deeper != null; deeper = next(at)) {
            at = deeper;
        }
        return at;
    }

    private static @Nullable String known(Throwable cause) {
        if (cause instanceof ConnectTimeoutException
                || cause instanceof SslHandshakeTimeoutException
                || cause instanceof TimeoutException) {
            return TIMED_OUT;
        }
        if (cause instanceof NotSslRecordException) {
            return "server sent something else than TLS";
        }
        if (cause instanceof ClosedChannelException
                || cause instanceof SslClosedEngineException
                || isClosedInHandshake(cause)) {
            return CLOSED;
        }
        if (cause instanceof UnknownHostException) {
            return "could not translate host name to address" + behindName(cause.getMessage());
        }
        if (cause instanceof UnresolvedAddressException) {
            return "could not translate host name to address";
        }
        String message = cause.getMessage();
        Matcher found = message == null ? null : NATIVE.matcher(message);
        if (found != null && found.matches() && next(cause) == null) {
            return found.group(1);
        }
        if (message == null && cause instanceof NoRouteToHostException) {
            return "Network is unreachable";
        }
        return message == null && cause instanceof FileNotFoundException ? "No such file or directory" : null;
    }

    /** Netty has no class for it. */
    private static boolean isClosedInHandshake(Throwable cause) {
        String message = cause.getMessage();
        return message != null && message.startsWith("Connection closed while SSL/TLS handshake");
    }

    /** The resolver's words stand behind the name, if it has any. */
    private static String behindName(@Nullable String message) {
        int colon = message == null ? -1 : message.indexOf(": ");
        return message == null || colon < 0 ? ": Name or service not known" : message.substring(colon);
    }

    /** The words of a cause that is not known: the system's, or another library's, but no names of classes of ours. */
    private static String last(Throwable cause) {
        String message = cause.getMessage();
        boolean foreign = !cause.getClass().getName().startsWith(LIBRARY) || cause instanceof IOException;
        if (message == null || !foreign || message.contains(LIBRARY)) {
            return "connection failed";
        }
        return message;
    }

    /**
     * Where a connection goes, as libpq says it.
     *
     * @param host as it was configured
     */
    public static String place(String host, SocketAddress address) {
        if (address instanceof InetSocketAddress tcp) {
            String ip = tcp.getAddress() == null ? "" : NetUtil.toAddressString(tcp.getAddress());
            return "at \"" + host + "\"" + (ip.isEmpty() || ip.equals(host) ? "" : " (" + ip + ")") + ", port "
                    + tcp.getPort();
        }
        return "on socket \"" + Transport.shown(address) + "\"";
    }
}
