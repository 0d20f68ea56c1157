package dev.pgpool.core;

import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The URL of a pooler for pgjdbc, as its {@code Driver.parseURL} reads it. */
final class JdbcUrl {
    private JdbcUrl() {}

    static String of(InetSocketAddress address, String database, boolean encrypted) {
        return "jdbc:postgresql://" + host(address) + ":" + address.getPort() + "/"
                + URLEncoder.encode(Objects.requireNonNull(database, "database"), StandardCharsets.UTF_8)
                + (encrypted ? "?sslmode=require" : "");
    }

    private static String host(InetSocketAddress address) {
        if (address.getAddress().isAnyLocalAddress()) {
            return "localhost";
        }
        String host = address.getAddress().getHostAddress();
        return host.indexOf(':') < 0 ? host : "[" + host.replaceFirst("%.*", "") + "]";
    }
}
