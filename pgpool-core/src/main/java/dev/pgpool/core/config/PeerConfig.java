package dev.pgpool.core.config;

/**
 * Another pooler behind the same address.
 *
 * @param id its {@link PeersConfig#id()}
 * @param host its own name or address, or the directory of its unix socket, or its {@code @name}
 * @param port its port
 */
public record PeerConfig(int id, String host, int port) {
    void check(Problems problems) {
        String path = "peers." + id;
        problems.range(path, id, 1, PeersConfig.MOST);
        problems.require(!host.isBlank(), path + ".host", "\"" + host + "\"", "an address, a host name or a directory");
        problems.range(path + ".port", port, 1, 65_535);
    }
}
