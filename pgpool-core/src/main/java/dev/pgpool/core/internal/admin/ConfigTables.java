package dev.pgpool.core.internal.admin;

import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.config.TlsTrust;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/** SHOW CONFIG and MEM. */
final class ConfigTables {
    private static final int KIB = 1_024;

    private ConfigTables() {}

    static ResultTable config(List<Setting> settings) {
        ResultTable table = new ResultTable("key s, value s, default s, changeable s");
        settings.forEach(setting ->
                table.row(setting.key(), setting.value(), setting.defaultValue(), setting.changeable() ? "yes" : "no"));
        return table;
    }

    /** What a configuration without a source can say by PgBouncer's names; nothing of it can be SET. */
    static List<Setting> of(PgPoolConfig config) {
        ListenConfig listen = config.listen();
        List<Setting> settings = new ArrayList<>(List.of(
                fixed(
                        "admin_users",
                        String.join(",", new TreeSet<>(config.admin().adminUsers())),
                        ""),
                fixed(
                        "auth_type",
                        config.auth().hbaFile().isPresent()
                                ? "hba"
                                : spelled(config.auth().method()),
                        "scram-sha-256"),
                fixed("client_login_timeout", seconds(listen.loginTimeout()), "60"),
                fixed("dns_max_ttl", seconds(config.dns().maxTtl()), "15"),
                fixed("dns_nxdomain_ttl", seconds(config.dns().nxdomainTtl()), "15"),
                fixed("listen_addr", listen.host(), ""),
                fixed("listen_backlog", String.valueOf(listen.backlog()), "1024"),
                fixed("listen_port", String.valueOf(listen.port()), "6432"),
                fixed("max_client_conn", String.valueOf(listen.maxClientConnections()), "10000"),
                // users have their own limits, there is none for all of them
                fixed("max_user_connections", "0", "0"),
                fixed("peer_id", String.valueOf(config.peers().id()), "0"),
                fixed("pool_mode", spelled(config.poolMode()), "transaction"),
                fixed("stats_period", seconds(config.admin().statsPeriod()), "60"),
                fixed(
                        "stats_users",
                        String.join(",", new TreeSet<>(config.admin().statsUsers())),
                        ""),
                fixed(
                        "unix_socket_dir",
                        listen.unixSocketDirectory().map(String::valueOf).orElse(""),
                        "")));
        settings.addAll(of(listen.tls()));
        settings.sort(Comparator.comparing(Setting::key));
        return settings;
    }

    /** How clients are encrypted; keys and trust only as far as they come from PEM files. */
    private static List<Setting> of(TlsConfig tls) {
        Optional<TlsIdentity.Pem> identity =
                tls.identity().filter(TlsIdentity.Pem.class::isInstance).map(TlsIdentity.Pem.class::cast);
        Optional<TlsTrust.Pem> trust =
                tls.trust().filter(TlsTrust.Pem.class::isInstance).map(TlsTrust.Pem.class::cast);
        return List.of(
                fixed(
                        "client_tls_ca_file",
                        trust.map(pem -> pem.certificates().toString()).orElse(""),
                        ""),
                fixed(
                        "client_tls_cert_file",
                        identity.map(pem -> pem.certificate().toString()).orElse(""),
                        ""),
                fixed(
                        "client_tls_ciphers",
                        tls.cipherSuites().isEmpty() ? "default" : String.join(":", tls.cipherSuites()),
                        "default"),
                fixed(
                        "client_tls_key_file",
                        identity.map(pem -> pem.key().toString()).orElse(""),
                        ""),
                fixed(
                        "client_tls_protocols",
                        String.join(",", tls.protocols()).toLowerCase(Locale.ROOT),
                        "tlsv1.2,tlsv1.3"),
                fixed("client_tls_sslmode", spelled(tls.mode()), "disable"));
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Setting fixed(String key, String value, String defaultValue) {
        return new Setting(key, value, defaultValue, false);
    }

    private static String seconds(Duration duration) {
        return String.valueOf(duration.toSeconds());
    }

    /**
     * The process's memory: the host's, too, since it is one process. Columns and types are those of a slab allocator; here a
     * slab's object is a KiB, so that numbers fit.
     */
    static ResultTable memory() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        ResultTable table = new ResultTable("name s, size i, used i, free i, memtotal i");
        memory(table, "heap", heap.getUsed(), heap.getCommitted());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            memory(
                    table,
                    "buffers_" + pool.getName().replaceAll("[^a-z]+", "_").replaceAll("_$", ""),
                    pool.getMemoryUsed(),
                    Math.max(pool.getTotalCapacity(), pool.getMemoryUsed()));
        }
        return table;
    }

    private static void memory(ResultTable table, String name, long used, long total) {
        table.row(name, KIB, number(kib(used)), number(kib(total) - kib(used)), number(total));
    }

    private static long kib(long bytes) {
        return (bytes + KIB - 1) / KIB;
    }

    /** More than a column of four bytes can say is the most that it can. */
    private static int number(long value) {
        return (int) Math.min(value, Integer.MAX_VALUE);
    }
}
