package dev.pgpool.core.internal.params;

import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.WireViolation;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the {@code options} start-up parameter: command-line arguments for a server process, split at spaces that no
 * backslash protects.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS">options</a>
 */
public final class StartupOptions {
    private StartupOptions() {}

    /**
     * The settings in the given order, each as often as it is given, in raw text: {@code -c name=value}, {@code -cname=value} and {@code --name=value}, where a
     * dash in the name of the long form stands for an underscore.
     *
     * @throws WireViolation for any other argument: it would have to go to the postmaster
     */
    public static List<StartupPacket.Setting> parse(String options) {
        List<StartupPacket.Setting> settings = new ArrayList<>();
        List<String> arguments = split(options);
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("-c") || argument.equals("--")) {
                if (i + 1 == arguments.size()) {
                    throw invalid(argument);
                }
                put(settings, arguments.get(++i), argument);
            } else if (argument.startsWith("--") || argument.startsWith("-c")) {
                put(settings, argument.substring(2), argument);
            } else {
                throw invalid(argument);
            }
        }
        return settings;
    }

    private static void put(List<StartupPacket.Setting> settings, String setting, String argument) {
        int equals = setting.indexOf('=');
        if (equals <= 0) {
            throw invalid(argument);
        }
        settings.add(new StartupPacket.Setting(
                setting.substring(0, equals).replace('-', '_'), setting.substring(equals + 1)));
    }

    private static List<String> split(String options) {
        List<String> arguments = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i < options.length(); i++) {
            char c = options.charAt(i);
            if (c == ' ' || (c >= '\t' && c <= '\r')) {
                if (inside) {
                    arguments.add(current.toString());
                    current.setLength(0);
                    inside = false;
                }
                continue;
            }
            inside = true;
            if (c == '\\' && i + 1 < options.length()) {
                c = options.charAt(++i);
            }
            current.append(c);
        }
        if (inside) {
            arguments.add(current.toString());
        }
        return arguments;
    }

    private static WireViolation invalid(String argument) {
        return new WireViolation(PoolerError.INVALID_OPTION, RawText.toText(argument));
    }
}
