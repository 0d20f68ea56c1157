package dev.pgpool.core.internal.transport;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.kqueue.KQueue;

/**
 * Which transport a pooler uses. Apart from {@link Transport}, whose loading already links classes of all of Netty's
 * transport jars: the versions are compared before that.
 */
public final class TransportChoice {

    private TransportChoice() {}

    /**
     * The native transport of this system where it loads, else NIO.
     *
     * @throws IllegalStateException if the jars of Netty on the class path do not go together
     */
    public static Transport best() {
        NettyVersions.check();
        try {
            if (Epoll.isAvailable()) {
                return Transport.EPOLL;
            }
            return KQueue.isAvailable() ? Transport.KQUEUE : Transport.NIO;
        } catch (LinkageError e) {
            // jars that have been merged into one no longer tell their versions
            throw new IllegalStateException(
                    "the classes of Netty on the class path do not go together: " + e
                            + " (expected: all of one version)",
                    e);
        }
    }
}
