package dev.pgpool.core.internal.transport;

import io.netty.util.AttributeKey;
import java.net.SocketAddress;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** What tells clients of the same process from others. */
public final class InProcess {
    /** Where they come from, and what they are connected to. */
    public static final SocketAddress ADDRESS = new Address();

    /** How the console and the log name the place. */
    public static final String NAME = "in-process";

    /** What the host says to a database and a user, in this order; a channel without it may be any. */
    public static final AttributeKey<BiPredicate<String, String>> CHECK =
            AttributeKey.valueOf(InProcess.class, "check");

    /** An event of a channel: the host has lost its end without closing it. */
    public static final Object DROPPED = new Object();

    private InProcess() {}

    /** Whether this is the address of a client of the same process. */
    public static boolean is(@Nullable SocketAddress address) {
        return address instanceof Address;
    }

    private static final class Address extends SocketAddress {
        private static final long serialVersionUID = 1;

        @Override
        public String toString() {
            return NAME;
        }
    }
}
