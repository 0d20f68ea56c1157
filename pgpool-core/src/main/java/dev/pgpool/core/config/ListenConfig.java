package dev.pgpool.core.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where clients come in.
 *
 * @param host address to listen on, or several separated by commas, or {@code *} for all; empty for the unix socket only, or
 *     for nowhere
 * @param port TCP port, 0 for a free one; also part of the unix socket's name; 0 for nowhere
 * @param unixSocketDirectory where the socket file {@code .s.PGSQL.<port>} is made, if at all; one that begins with
 *     {@code @} is a name of the abstract namespace, without a file
 * @param unixSocketMode its permissions, as octal digits
 * @param unixSocketGroup the group that its file belongs to, by name or number; empty for that of the process
 * @param backlog connections that may wait to be accepted
 * @param reusePort whether other processes may listen on the same TCP addresses
 * @param maxClientConnections clients that may be connected at once
 * @param loginTimeout how long a client may take to log in
 * @param tls how connections of clients are encrypted
 */
public record ListenConfig(
        String host,
        int port,
        Optional<Path> unixSocketDirectory,
        String unixSocketMode,
        Optional<String> unixSocketGroup,
        int backlog,
        boolean reusePort,
        int maxClientConnections,
        Duration loginTimeout,
        TlsConfig tls) {

    /** Permissions that let every user in. */
    public static final String EVERYBODY = "0777";

    /** Bytes of the address of a unix socket: Linux' sun_path, less the byte that ends it. */
    private static final int LONGEST_SOCKET = 107;

    /** The addresses to listen on, one by one; none for the unix socket only, or for nowhere. */
    public List<String> hosts() {
        return host.isBlank()
                ? List.of()
                : Arrays.stream(host.split(",", -1)).map(String::strip).toList();
    }

    /** Whether only clients of the same process can come. */
    private boolean isNowhere() {
        return host.isBlank() && port == 0 && unixSocketDirectory.isEmpty();
    }

    void check(Problems problems) {
        problems.require(
                !hosts().contains("") && (!host.isBlank() || unixSocketDirectory.isPresent() || isNowhere()),
                "listen.host",
                "\"" + host + "\"",
                "an address, a host name or *, several separated by commas, or a unix socket without");
        problems.require(
                !host.isBlank() || port != 0 || isNowhere(),
                "listen.port",
                "0",
                "1 to 65535, where there is only a unix socket");
        problems.require(
                unixSocketMode.matches("0?[0-7]{3}"),
                "listen.unixSocketMode",
                "\"" + unixSocketMode + "\"",
                "three octal digits, such as 0777");
        unixSocketGroup.ifPresent(
                group -> problems.require(!group.isBlank(), "listen.unixSocketGroup", "\"\"", "a group"));
        unixSocketDirectory.ifPresent(directory -> problems.require(
                socketOf(directory).getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET,
                "listen.unixSocketDirectory",
                directory,
                "a path whose sockets have addresses of at most " + LONGEST_SOCKET + " bytes"));
        problems.range("listen.port", port, 0, 65_535);
        problems.range("listen.backlog", backlog, 1, 65_535);
        problems.range("listen.maxClientConnections", maxClientConnections, 1, 1_000_000);
        problems.positive("listen.loginTimeout", loginTimeout);
        tls.checkForClients("listen.tls", problems);
    }

    private String socketOf(Path directory) {
        // a free port may have five digits
        return directory + "/.s.PGSQL." + (port == 0 ? 65_535 : port);
    }
}
