package dev.pgpool.core.internal.admin;

import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.PoolKey;
import dev.pgpool.core.stats.ServerInfo;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** SHOW CLIENTS, SERVERS, SOCKETS and ACTIVE_SOCKETS. */
final class ConnectionTables {
    private static final String COLUMNS = "type s, user s, database s, replication s, state s, addr s, port i,"
            + " local_addr s, local_port i, connect_time s, request_time s, wait i, wait_us i, close_needed i, ptr s,"
            + " link s, remote_pid i, tls s, application_name s, prepared_statements i, id i";
    private static final String BUFFERS =
            ", recv_pos i, pkt_pos i, pkt_remain i, send_pos i, send_remain i," + " pkt_avail i, send_avail i";
    private static final int BUFFER_COLUMNS = 7;
    /** What is ours comes behind what is PgBouncer's. */
    private static final String PINS = ", pins s";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final long MICROS = 1_000_000;

    private ConnectionTables() {}

    static ResultTable clients(List<ClientInfo> clients, List<ServerInfo> servers) {
        Map<Integer, ServerInfo> byId = byId(servers, ServerInfo::id);
        ResultTable table = new ResultTable(COLUMNS + PINS);
        clients.stream()
                .filter(client -> client.state() != ClientInfo.State.LOGIN)
                .sorted(Comparator.comparing(ClientInfo::id))
                .forEach(client -> {
                    List<@Nullable Object> row = row(client, state(client), byId);
                    row.add(client.pins().stream()
                            .map(kind -> kind.label())
                            .sorted()
                            .collect(Collectors.joining(",")));
                    table.row(row.toArray());
                });
        return table;
    }

    static ResultTable servers(List<ServerInfo> servers) {
        ResultTable table = new ResultTable(COLUMNS);
        servers.stream()
                .sorted(Comparator.comparing(ServerInfo::id))
                .forEach(server -> table.row(row(server, server.state().name().toLowerCase(Locale.ROOT))
                        .toArray()));
        return table;
    }

    /** @param activeOnly leaves out those that do nothing */
    static ResultTable sockets(List<ClientInfo> clients, List<ServerInfo> servers, boolean activeOnly) {
        Map<Integer, ServerInfo> byId = byId(servers, ServerInfo::id);
        ResultTable table = new ResultTable(COLUMNS + BUFFERS);
        clients.stream()
                .filter(client -> !activeOnly || client.state() != ClientInfo.State.IDLE)
                .sorted(Comparator.comparing(ClientInfo::id))
                .forEach(client -> table.row(withBuffers(row(client, "cl_" + socketState(client), byId))));
        servers.stream()
                .filter(server -> !activeOnly || !isIdle(server))
                .sorted(Comparator.comparing(ServerInfo::id))
                .forEach(server -> table.row(
                        withBuffers(row(server, "sv_" + server.state().name().toLowerCase(Locale.ROOT)))));
        return table;
    }

    private static boolean isIdle(ServerInfo server) {
        return server.state() == ServerInfo.State.IDLE || server.state() == ServerInfo.State.USED;
    }

    /** Messages are passed on from where they arrive: there are no buffers of a socket's own to tell of. */
    private static @Nullable Object[] withBuffers(List<@Nullable Object> row) {
        @Nullable Object[] all = Arrays.copyOf(row.toArray(), row.size() + BUFFER_COLUMNS);
        Arrays.fill(all, row.size(), all.length, 0);
        return all;
    }

    private static String state(ClientInfo client) {
        return switch (client.state()) {
            case LOGIN -> "login";
            case IDLE -> "idle";
            case ACTIVE, CONSOLE -> "active";
            case WAITING -> "waiting";
            case WAITING_CANCEL_REQUEST -> "waiting_cancel_req";
            case ACTIVE_CANCEL_REQUEST -> "active_cancel_req";
        };
    }

    private static String socketState(ClientInfo client) {
        return client.state() == ClientInfo.State.IDLE ? "active" : state(client);
    }

    private static List<@Nullable Object> row(ClientInfo client, String state, Map<Integer, ServerInfo> servers) {
        ServerInfo server =
                client.server().isPresent() ? servers.get(client.server().getAsInt()) : null;
        List<@Nullable Object> row = new ArrayList<>(List.of(
                "C",
                client.user(),
                client.database(),
                client.replication(),
                state,
                host(client.remote()),
                port(client.remote()),
                host(client.local()),
                port(client.local()),
                time(client.connected()),
                time(client.requested()),
                client.waiting().toSeconds(),
                client.waiting().toNanos() / 1_000 % MICROS,
                0,
                pointer('c', client.id()),
                server == null ? "" : pointer('s', server.id()),
                0,
                client.tls().orElse(""),
                client.applicationName(),
                client.preparedStatements()));
        row.add(client.id());
        return row;
    }

    private static List<@Nullable Object> row(ServerInfo server, String state) {
        PoolKey pool = server.pool();
        List<@Nullable Object> row = new ArrayList<>(List.of(
                "S",
                pool.user(),
                pool.database(),
                server.replication(),
                state,
                host(server.remote()),
                port(server.remote()),
                host(server.local()),
                port(server.local()),
                time(server.connected()),
                time(server.requested()),
                0,
                0,
                server.closeNeeded() ? 1 : 0,
                pointer('s', server.id()),
                server.client().isPresent() ? pointer('c', server.client().getAsInt()) : "",
                server.processId(),
                server.tls().orElse(""),
                server.applicationName(),
                server.preparedStatements()));
        row.add(server.id());
        return row;
    }

    /** There are no pointers to show; what is asked for is something that {@code link} of the other side can name. */
    private static String pointer(char kind, int id) {
        return "0x" + Integer.toHexString(kind) + String.format(Locale.ROOT, "%08x", id);
    }

    private static String host(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            return inet.getAddress().getHostAddress();
        }
        return InProcess.is(address) ? InProcess.NAME : "unix";
    }

    private static int port(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    private static String time(Instant instant) {
        return TIME.format(instant);
    }

    private static <T> Map<Integer, T> byId(List<T> all, Function<T, Integer> id) {
        return all.stream().collect(Collectors.toMap(id, one -> one, (one, other) -> one));
    }
}
