package dev.pgpool.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where clients come in.
 *
 * @param host address to listen on, or several separated by commas, or {@code *} for all; empty for the unix socket only
 * @param port TCP port, 0 for a free one; also part of the unix socket's name
 * @param unixSocketDirectory where the socket file {@code .s.PGSQL.<port>} is made, if at all
 * @param unixSocketMode its permissions, as octal digits
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
        int backlog,
        boolean reusePort,
        int maxClientConnections,
        Duration loginTimeout,
        TlsConfig tls) {

    /** Permissions that let everybody in. */
    public static final String EVERYBODY = "0777";

    /** The addresses to listen on, one by one; none for the unix socket only. */
    public List<String> hosts() {
        return host.isBlank()
                ? List.of()
                : Arrays.stream(host.split(",", -1)).map(String::strip).toList();
    }

    void check(Problems problems) {
        problems.require(
                !hosts().contains("") && (!host.isBlank() || unixSocketDirectory.isPresent()),
                "listen.host",
                "\"" + host + "\"",
                "an address, a host name or *, several separated by commas, or a unix socket without");
        problems.require(
                !host.isBlank() || port != 0, "listen.port", "0", "1 to 65535, where there is only a unix socket");
        problems.require(
                unixSocketMode.matches("0?[0-7]{3}"),
                "listen.unixSocketMode",
                "\"" + unixSocketMode + "\"",
                "three octal digits, such as 0777");
        problems.range("listen.port", port, 0, 65_535);
        problems.range("listen.backlog", backlog, 1, 65_535);
        problems.range("listen.maxClientConnections", maxClientConnections, 1, 1_000_000);
        problems.positive("listen.loginTimeout", loginTimeout);
        tls.checkForClients("listen.tls", problems);
    }
}
