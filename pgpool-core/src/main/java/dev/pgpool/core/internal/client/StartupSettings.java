package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.ClientsConfig;
import dev.pgpool.core.internal.params.ApplicationName;
import dev.pgpool.core.internal.params.StartupOptions;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a client wishes for at start-up.
 *
 * @param tried those that a server must see before they are believed, in the order in which PostgreSQL takes them: one that
 *     is given twice, or in part, like DateStyle, builds on what was there before
 * @param applicationName the one that any server takes as it is, and that may differ from client to client; null if the
 *     client gave none, or one that PostgreSQL changes
 */
record StartupSettings(List<Setting> tried, @Nullable String applicationName) {
    private static final Set<String> NOT_SETTINGS = Set.of("user", "database", "options", "replication");

    /** What SQL can't set, or could set only anew in each transaction. */
    private static final Set<String> ONLY_AT_START = Set.of(
            "ignore_system_indexes",
            "jit_debugging_support",
            "jit_profiling_support",
            "local_preload_libraries",
            "log_connections",
            "log_disconnections",
            "post_auth_delay",
            "seed",
            "session_preload_libraries",
            "transaction_deferrable",
            "transaction_isolation",
            "transaction_read_only");

    /** No wish. */
    static final StartupSettings NONE = new StartupSettings(List.of(), null);

    StartupSettings {
        tried = List.copyOf(tried);
    }

    /** Whether there are settings that a server takes only when it starts. */
    boolean areOnlyForTheStart() {
        return tried.stream()
                .anyMatch(setting -> ONLY_AT_START.contains(setting.name().toLowerCase(Locale.ROOT)));
    }

    /** Whether the client gives an application_name that depends on the encoding. */
    boolean hasForeignName() {
        return tried.stream().anyMatch(StartupSettings::isForeignName);
    }

    private static boolean isForeignName(Setting setting) {
        return ApplicationName.isNamed(setting.name()) && !RawText.isAscii(setting.value());
    }

    /** Whether something else depends on the encoding. */
    boolean hasForeignValues() {
        return tried.stream()
                .anyMatch(setting -> !RawText.isAscii(setting.name()) || !RawText.isAscii(setting.value()));
    }

    /** The same with the application_name as a server of this version tells it; null if that can't be set in SQL. */
    @Nullable
    StartupSettings withCleanName(String version) {
        List<Setting> clean = new ArrayList<>();
        for (Setting setting : tried) {
            String value = isForeignName(setting) ? ApplicationName.cleaned(setting.value(), version) : setting.value();
            if (isForeignName(setting) && value.length() > ApplicationName.LIMIT) {
                return null;
            }
            clean.add(new Setting(setting.name(), value));
        }
        return new StartupSettings(clean, applicationName);
    }

    /**
     * As PostgreSQL takes them: {@code options} first, so that parameters of their own win.
     *
     * @param rules which of them are dropped
     */
    static StartupSettings of(StartupPacket.Startup startup, ClientsConfig rules) {
        List<Setting> all = new ArrayList<>();
        startup.settings().stream()
                .filter(setting -> setting.name().equals("options"))
                .reduce((earlier, later) -> later)
                .ifPresent(options -> StartupOptions.parse(options.value()).stream()
                        .filter(setting -> !rules.ignores(setting.name(), true))
                        .forEach(all::add));
        startup.settings().stream()
                .filter(setting -> !NOT_SETTINGS.contains(setting.name()) && !rules.ignores(setting.name(), false))
                .forEach(all::add);
        String name = null;
        for (Setting setting : all) {
            if (ApplicationName.isNamed(setting.name())) {
                name = setting.value();
            }
        }
        if (name == null || !ApplicationName.isTakenAsIs(name)) {
            return new StartupSettings(all, null);
        }
        all.removeIf(setting -> ApplicationName.isNamed(setting.name()));
        return new StartupSettings(all, name);
    }
}
