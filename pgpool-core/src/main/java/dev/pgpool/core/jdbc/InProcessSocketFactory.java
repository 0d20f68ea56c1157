package dev.pgpool.core.jdbc;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes sockets that lead to a pooler of this process, whatever address they are asked for. They are connected when they are
 * made. Had from {@link dev.pgpool.core.PgPool#socketFactory()}. Thread-safe.
 *
 * <p>pgjdbc takes no factory, but the name of a class and an argument for it. So each factory goes by a random name, its {@link
 * #argument()}, by which the driver finds it: for whatever makes connections of a URL, such as another pool, there is {@link
 * #jdbcUrl}. No password is asked for, so the URL is to be kept like one.
 */
public final class InProcessSocketFactory extends SocketFactory {
    /** A pooler, as far as sockets want one. */
    @FunctionalInterface
    public interface Source {
        /**
         * A connected socket.
         *
         * @throws IOException if the pooler is not running, or is called by one of its own event loops
         */
        Socket connect() throws IOException;
    }

    /**
     * What the driver may assume of servers. Else it says its settings by two statements after each login, for which the client
     * would have to wait for a server; so it says them in the login itself.
     */
    static final String OLDEST_SERVER = "9.0";

    private static final Map<String, WeakReference<InProcessSocketFactory>> BY_ARGUMENT = new ConcurrentHashMap<>();

    private final Source source;
    private final String argument;

    /** A factory of its own for this source, known to the driver for as long as there are references to it. */
    public InProcessSocketFactory(Source source) {
        this.source = Objects.requireNonNull(source, "source");
        this.argument = UUID.randomUUID().toString();
        BY_ARGUMENT.values().removeIf(known -> known.get() == null);
        BY_ARGUMENT.put(argument, new WeakReference<>(this));
    }

    /**
     * The same as the factory that has this argument; for the driver, which makes one for each connection.
     *
     * @throws IllegalArgumentException if there is none in this process
     */
    public InProcessSocketFactory(String argument) {
        WeakReference<InProcessSocketFactory> reference = BY_ARGUMENT.get(Objects.requireNonNull(argument, "argument"));
        InProcessSocketFactory known = reference == null ? null : reference.get();
        if (known == null) {
            throw new IllegalArgumentException("socketFactoryArg leads to no pooler of this process");
        }
        this.source = known.source;
        this.argument = argument;
    }

    /** The driver's {@code socketFactoryArg}; its {@code socketFactory} is the name of this class. */
    public String argument() {
        return argument;
    }

    /**
     * What pgjdbc connects to for a database of the pooler. The user is given to the driver as for a server; further settings
     * of the driver may be appended, each with a {@code &} before it.
     *
     * @param database as clients name it; what is special in a URL is escaped
     * @throws IllegalArgumentException for a name that is empty or has a zero byte
     */
    public String jdbcUrl(String database) {
        return url(name("database", database)) + "?socketFactory=" + getClass().getName() + "&socketFactoryArg="
                + argument + "&sslmode=disable&gssEncMode=disable&assumeMinServerVersion=" + OLDEST_SERVER;
    }

    /** The driver would put the user's name for an empty one. */
    static String name(String what, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(what + ": empty (expected: a name)");
        }
        return whole(what, name);
    }

    /** The driver writes strings that end with a zero byte: what follows one would be taken for parameters. */
    static String whole(String what, String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + ": a zero byte (expected: none)");
        }
        return value;
    }

    /** Without settings. The host is a word for people: nothing looks it up. */
    static String url(String database) {
        return "jdbc:postgresql://in-process/"
                + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public Socket createSocket() throws IOException {
        return source.connect();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return source.connect();
    }

    @Override
    public Socket createSocket(String host, int port, @Nullable InetAddress localHost, int localPort)
            throws IOException {
        return source.connect();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return source.connect();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, @Nullable InetAddress localAddress, int localPort)
            throws IOException {
        return source.connect();
    }
}
