package dev.pgpool.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where clients come in.
 *
 * @param host address to listen on, or {@code *} for all
 * @param port TCP port, 0 for a free one; also part of the unix socket's name
 * @param unixSocketDirectory where the socket file {@code .s.PGSQL.<port>} is made, if at all
 * @param backlog connections that may wait to be accepted
 * @param maxClientConnections clients that may be connected at once
 * @param loginTimeout how long a client may take to log in
 * @param tls how connections of clients are encrypted
 */
public record ListenConfig(
        String host,
        int port,
        Optional<Path> unixSocketDirectory,
        int backlog,
        int maxClientConnections,
        Duration loginTimeout,
        TlsConfig tls) {

    void check(Problems problems) {
        problems.require(!host.isBlank(), "listen.host", "\"" + host + "\"", "an address, a host name or *");
        problems.range("listen.port", port, 0, 65_535);
        problems.range("listen.backlog", backlog, 1, 65_535);
        problems.range("listen.maxClientConnections", maxClientConnections, 1, 1_000_000);
        problems.positive("listen.loginTimeout", loginTimeout);
        tls.checkForClients("listen.tls", problems);
    }
}
