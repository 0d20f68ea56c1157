package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Where the application itself reaches its pooler.
 *
 * @param host an address
 * @param port the real one
 */
record PooledAddress(String host, int port) {

    /** Of a running pooler. One that listens on all addresses is reached by the loopback one. */
    static PooledAddress of(PgPool pool) {
        InetSocketAddress address;
        try {
            address = pool.address();
        } catch (IllegalStateException e) {
            if (!pool.healthy()) {
                throw new IllegalStateException(
                        "the PgPool bean does not run: a bean of the application's own is to be started by the method that"
                                + " makes it, or by @Bean(initMethod = \"start\")",
                        e);
            }
            throw new SettingException(
                    "pgpool.listen.host", "no TCP address (expected: an address, for the data source)", e);
        }
        InetAddress host = address.getAddress();
        String text = (host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host).getHostAddress();
        return new PooledAddress(text, address.getPort());
    }

    /** As a URL has it: one of IPv6 in brackets. */
    String hostInUrl() {
        return host.contains(":") ? "[" + host + "]" : host;
    }
}
