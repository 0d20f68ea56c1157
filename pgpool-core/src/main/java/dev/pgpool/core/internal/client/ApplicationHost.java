package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.params.ApplicationName;
import dev.pgpool.core.internal.transport.InProcess;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.internal.wire.StartupPacket.Startup;
import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Adds to the name of a client's application where the client comes from, as PgBouncer's {@code
 * application_name_add_host}: {@code psql - 10.0.0.7:50312}, {@code psql - [::1]:50312}, {@code psql -
 * unix(4711@host):6432}.
 */
final class ApplicationHost {
    /** The name of what has none. */
    private static final String UNNAMED = "app";
    /** The end of a unix socket's path. */
    private static final Pattern PORT = Pattern.compile("\\.s\\.PGSQL\\.(\\d+)");

    private ApplicationHost() {}

    /** The same client with its settings so. What {@code options} say of the name does not count, as in PgBouncer. */
    static Startup addedTo(Startup startup, Channel channel) {
        String host = " - " + place(channel);
        List<Setting> settings = new ArrayList<>();
        boolean named = false;
        for (Setting setting : startup.settings()) {
            boolean isName = ApplicationName.isNamed(setting.name());
            named |= isName;
            settings.add(isName ? new Setting(setting.name(), fitting(setting.value() + host)) : setting);
        }
        if (!named) {
            settings.add(new Setting(ApplicationName.PARAMETER, fitting(UNNAMED + host)));
        }
        return new StartupPacket.Startup(startup.minor(), startup.parameters(), startup.protocolOptions(), settings);
    }

    /** What PostgreSQL would cut is cut here: it must not have to be asked for each client anew. */
    private static String fitting(String name) {
        String cut = name.length() <= ApplicationName.LIMIT ? name : name.substring(0, ApplicationName.LIMIT);
        return ApplicationName.isTakenAsIs(cut) ? cut : name;
    }

    private static String place(Channel channel) {
        if (channel.remoteAddress() instanceof InetSocketAddress remote) {
            String ip = NetUtil.toAddressString(remote.getAddress());
            return (remote.getAddress() instanceof Inet6Address ? "[" + ip + "]" : ip) + ":" + remote.getPort();
        }
        if (InProcess.is(channel.remoteAddress())) {
            return InProcess.NAME;
        }
        OptionalInt process = SystemUsers.processOf(channel);
        Matcher path = PORT.matcher(channel.localAddress() + " " + channel.remoteAddress());
        return "unix" + (process.isEmpty() ? "" : "(" + process.getAsInt() + "@" + ThisHost.NAME + ")") + ":"
                + (path.find() ? path.group(1) : "0");
    }

    /** Read once, when the first client comes by unix socket. */
    private static final class ThisHost {
        static final String NAME = read();

        /** A file of the kernel: no name service is asked on an event loop. */
        private static String read() {
            try {
                return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            } catch (IOException e) {
                return "localhost";
            }
        }
    }
}
