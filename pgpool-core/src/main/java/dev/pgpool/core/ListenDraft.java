package dev.pgpool.core;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.TlsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** How clients reach the pooler, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class ListenDraft {
    private String host = "";
    private int port = 6432;
    private boolean asked;
    Optional<Path> unixSocketDirectory = Optional.empty();
    String unixSocketMode = ListenConfig.EVERYBODY;
    Optional<String> unixSocketGroup = Optional.empty();
    int backlog = 1_024;
    boolean reusePort;
    int maxClientConnections = 10_000;
    Duration loginTimeout = Duration.ofSeconds(60);
    TlsConfig tls = TlsConfig.CLIENTS;

    void at(String asHost, int asPort) {
        asked = true;
        host = asHost;
        port = asPort;
    }

    ListenConfig build() {
        boolean nowhere = !asked && unixSocketDirectory.isEmpty();
        return new ListenConfig(
                host,
                nowhere ? 0 : port,
                unixSocketDirectory,
                unixSocketMode,
                unixSocketGroup,
                backlog,
                reusePort,
                maxClientConnections,
                loginTimeout,
                tls);
    }
}
