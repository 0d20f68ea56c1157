package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.event.ConnectFailure;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.CloseReason;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PgBouncer's log lines for connections, word by word, so that what reads its log reads this one: logins, closes and new
 * servers, as {@code log_connections}, {@code log_disconnections} and {@code log_pooler_errors} ask for them, also after a
 * RELOAD or SET. Lines go to the SLF4J logger {@value #LOGGER_NAME}. Give it to {@code PgPool.of}. Thread-safe.
 */
public final class ConnectionLog implements PgPoolListener {
    /** The name of the logger. */
    public static final String LOGGER_NAME = "dev.pgpool.connections";

    private static final Logger LOGGER = LoggerFactory.getLogger(LOGGER_NAME);
    /** Where the refusal of a client begins that wants what is not there. */
    private static final String NO_SUCH_DATABASE = "no such database: ";
    /** There is no secret of the kind that the server asks for. */
    private static final String WRONG_PASSWORD_TYPE = "wrong password type";
    /** The end of a unix socket's path. */
    private static final Pattern PORT = Pattern.compile("\\.s\\.PGSQL\\.(\\d+)");

    private final PgBouncerIni ini;

    /** @param ini whose settings say what is logged */
    public ConnectionLog(PgBouncerIni ini) {
        this.ini = ini;
    }

    @Override
    public void onLogin(ClientInfo client) {
        if (isOn("log_connections")) {
            LOGGER.info(
                    "{} login attempt: db={} user={} tls={} replication={}",
                    name(client),
                    clean(client.database()),
                    clean(client.user()),
                    client.tls().orElse("no"),
                    switch (client.replication()) {
                        case "logical" -> "database";
                        case "physical" -> "yes";
                        default -> "no";
                    });
        }
    }

    @Override
    public void onUnknownUser(ClientInfo client) {
        LOGGER.info("{} no such user: {}", name(client), clean(client.user()));
    }

    @Override
    public void onReserveUsed(ClientInfo client) {
        LOGGER.warn("{} taking connection from reserve_pool", name(client));
    }

    @Override
    public void onQueryTimeout(ClientInfo client) {
        if (isOn("log_pooler_errors")) {
            LOGGER.warn("{} pooler error: query timeout", name(client));
        }
    }

    @Override
    public void onFallbackUsed(String database) {
        LOGGER.info("registered new auto-database: {}", clean(database));
    }

    @Override
    public void onClientEnded(ClientInfo client, CloseReason reason, Optional<String> words) {
        String why = words.map(ConnectionLog::clean).orElseGet(() -> words(reason));
        if (why.startsWith(NO_SUCH_DATABASE) && isOn("log_connections")) {
            LOGGER.info("{} login failed: db={} user={}", name(client), clean(client.database()), clean(client.user()));
        }
        if (isOn("log_disconnections")) {
            LOGGER.info("{} closing because: {} (age={}s)", name(client), why, age(client.connected()));
        }
        if (words.isPresent() && reason != CloseReason.CLIENT_CLOSED && isOn("log_pooler_errors")) {
            LOGGER.warn("{} pooler error: {}", name(client), why);
        }
    }

    @Override
    public void onServerReached(ServerInfo server) {
        if (!isOn("log_connections")) {
            return;
        }
        if (server.local() instanceof InetSocketAddress local) {
            LOGGER.info("{} new connection to server (from {})", name(server), address(local, null));
        } else {
            LOGGER.info("{} new connection to server", name(server));
        }
    }

    @Override
    public void onServerReady(ServerInfo server) {
        if (isOn("log_connections")) {
            server.tls().ifPresent(tls -> LOGGER.info("{} SSL established: {}", name(server), tls));
        }
    }

    @Override
    public void onServerEnded(ServerInfo server, CloseReason reason, Optional<String> words) {
        words.ifPresent(said -> LOGGER.warn("{} got error from server: {}", name(server), clean(said)));
        closing(server, words(reason));
    }

    @Override
    public void onServerAttemptFailed(ServerInfo server, ConnectFailure failure, String sqlState, String words) {
        String said = clean(words);
        switch (failure) {
            case LOOKUP_FAILED -> {
                LOGGER.warn("DNS lookup failed: {}", said);
                closing(server, "server DNS lookup failed");
            }
            case UNREACHABLE -> closing(server, "connect failed");
            case TIMEOUT -> closing(server, "connect timeout");
            case ENCRYPTION_FAILED -> {
                LOGGER.warn("{} TLS handshake error: {}", name(server), said);
                closing(server, said.contains("does not support SSL") ? "server refused SSL" : "server conn crashed?");
            }
            case LOGIN_FAILED -> loginFailed(server, said);
            case CLOSED -> closing(server, "server conn crashed?");
            case UNFIT -> closing(server, said);
            case ABANDONED -> closing(server, "not wanted any more");
        }
    }

    private void loginFailed(ServerInfo server, String said) {
        if (said.equals(WRONG_PASSWORD_TYPE)) {
            LOGGER.error("{} cannot do authentication: {}", name(server), said);
            closing(server, "failed to answer authreq");
        } else if (server.replication().equals("none")) {
            LOGGER.warn("server login failed: FATAL {}", said);
            closing(server, said);
        } else {
            LOGGER.error("S: login failed: FATAL: {}", said);
            closing(server, "login failed");
        }
    }

    private void closing(ServerInfo server, String why) {
        if (isOn("log_disconnections")) {
            LOGGER.info("{} closing because: {} (age={}s)", name(server), why, age(server.connected()));
        }
    }

    private boolean isOn(String key) {
        return !ini.setting(key).equals("0");
    }

    /** What PgBouncer says where the other side was told nothing. */
    private static String words(CloseReason reason) {
        return switch (reason) {
            case CLIENT_CLOSED -> "client close request";
            case CLIENT_LOGIN_TIMEOUT -> "client_login_timeout";
            case CLIENT_TLS_FAILED -> "SSL handshake failed";
            case SERVER_CLOSED -> "server conn crashed?";
            case SERVER_CONNECT_FAILED -> "connect failed";
            case SERVER_REPLACED -> "database configuration changed";
            case DATABASE_REMOVED -> "database removed";
            case PAUSED -> "pause mode";
            case SERVER_DIRTY -> "idle server got dirty";
            case SERVER_IDLE_TIMEOUT -> "server idle timeout";
            case SERVER_LIFETIME -> "server lifetime over";
            case SERVER_CHECK_FAILED -> "test query failed";
            case SERVER_ADDRESS_CHANGED -> "obsolete connection";
            case ABANDONED -> "client disconnected with query in progress";
            case RESET_FAILED -> "reset query failed";
            case SETTINGS_FAILED -> "var change failed";
            case QUERY_TIMEOUT -> "query timeout";
            case TRANSACTION_TIMEOUT -> "transaction timeout";
            case IDLE_IN_TRANSACTION_TIMEOUT -> "idle transaction timeout";
            case KILLED -> "admin forced disconnect";
            case SHUTDOWN -> "shutdown";
            default -> reason.label().replace('_', ' ');
        };
    }

    private static String name(ClientInfo client) {
        return "C-0x" + Integer.toHexString(client.id()) + ": " + orElse(client.database(), "(nodb)") + "/"
                + orElse(client.user(), "(nouser)") + "@" + address(client.remote(), client.local());
    }

    private static String name(ServerInfo server) {
        PoolKey pool = server.pool();
        return "S-0x" + Integer.toHexString(server.id()) + ": " + clean(pool.database()) + "/" + clean(pool.user())
                + "@" + address(server.remote(), server.local());
    }

    private static String orElse(String name, String other) {
        return name.isEmpty() ? other : clean(name);
    }

    /** @param other of a unix socket, one of the two has a path */
    private static String address(@Nullable SocketAddress address, @Nullable SocketAddress other) {
        if (address != null && address.toString().equals("in-process")) {
            return "in-process";
        }
        if (!(address instanceof InetSocketAddress inet)) {
            Matcher path = PORT.matcher(address + " " + other);
            return "unix:" + (path.find() ? path.group(1) : "0");
        }
        InetAddress number = inet.getAddress();
        String host = number == null ? clean(inet.getHostString()) : number.getHostAddress();
        return (number instanceof Inet6Address ? "[" + host + "]" : host) + ":" + inet.getPort();
    }

    private static long age(Instant since) {
        return Math.max(0, Duration.between(since, Instant.now()).toSeconds());
    }

    /** Names and words come from clients: none may begin a line of its own or speak to a terminal. */
    private static String clean(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            int kind = Character.getType(c);
            if (kind == Character.CONTROL
                    || kind == Character.FORMAT
                    || kind == Character.LINE_SEPARATOR
                    || kind == Character.PARAGRAPH_SEPARATOR
                    || kind == Character.SURROGATE) {
                clean.append(String.format(Locale.ROOT, "\\x%02x", c));
            } else {
                clean.appendCodePoint(c);
            }
        });
        return clean.toString();
    }
}
