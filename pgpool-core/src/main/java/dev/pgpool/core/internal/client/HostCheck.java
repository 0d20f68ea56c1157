package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.internal.wire.StartupPacket.Startup;
import io.netty.channel.Channel;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a client of the same process, of which no password is asked, may be who it says it is. */
final class HostCheck {
    private static final Logger LOGGER = LoggerFactory.getLogger(HostCheck.class);

    private HostCheck() {}

    /**
     * Asks the host's own check, if there is one. Called on the client's event loop, maybe in the middle of something that is
     * another client's.
     *
     * @return why it may not; null if it may
     */
    static @Nullable String objection(Channel channel, LoginRequest request) {
        // of two names the last one counts, and a driver writes no two: a value with a zero byte in it has come to be a
        // parameter
        if (isSaidTwice("user", request.startup()) || isSaidTwice("database", request.startup())) {
            return "says twice who it is";
        }
        // to look for what is not there would make it
        if (!channel.hasAttr(InProcess.CHECK)) {
            return null;
        }
        return agrees(channel.attr(InProcess.CHECK).get(), request) ? null : "rejected by the host's own check";
    }

    private static boolean isSaidTwice(String name, Startup startup) {
        int times = 0;
        for (Setting setting : startup.settings()) {
            if (setting.name().equals(name)) {
                times++;
            }
        }
        return times > 1;
    }

    /** Some languages check no exceptions, and a class may be missing. */
    private static boolean agrees(BiPredicate<String, String> check, LoginRequest request) {
        try {
            return check.test(request.database(), request.user());
        } catch (Throwable e) {
            LOGGER.atError().setCause(e).log("the host's own check has failed");
            return false;
        }
    }
}
