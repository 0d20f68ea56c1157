package dev.pgpool.core.internal.admin;

import dev.pgpool.core.advice.PgPoolAdvice;
import dev.pgpool.core.advice.PoolAdvice;
import dev.pgpool.core.advice.Remark;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** SHOW ADVICE: how large pools should be, a row for each pool and window. */
final class AdviceTable {
    private AdviceTable() {}

    static ResultTable of(PgPoolAdvice advice) {
        ResultTable table = new ResultTable("database s, user s, window s, observed_s q, pool_size i, verdict s,"
                + " size_99 i, size_999 i, size_possible i, in_use_p50 i, in_use_p99 i, in_use_peak i, idle_pct i,"
                + " short_pct i, clients_p50 i, demand_peak i, waits q, connect_waits q, wait_total_us q, wait_p99_us q,"
                + " xact_count q, xact_p50_us q, xact_p99_us q, idle_in_xact_us q, remarks s, text s");
        advice.pools().forEach(pool -> add(table, pool));
        return table;
    }

    private static void add(ResultTable table, PoolAdvice pool) {
        PoolAdvice.Servers servers = pool.servers();
        PoolAdvice.Waits waits = pool.waits();
        PoolAdvice.Work work = pool.work();
        table.row(
                pool.pool().database(),
                pool.pool().user(),
                pool.window().name().toLowerCase(Locale.ROOT),
                pool.observed().toSeconds(),
                pool.size(),
                pool.verdict().name().toLowerCase(Locale.ROOT),
                orNull(pool.sizes().for99()),
                orNull(pool.sizes().for999()),
                orNull(pool.sizes().possible()),
                servers.median(),
                servers.p99(),
                servers.peak(),
                percent(servers.idleShare()),
                percent(servers.shortShare()),
                pool.clients().median(),
                pool.clients().peakDemand(),
                waits.count(),
                waits.forConnects(),
                waits.total().toNanos() / 1_000,
                waits.p99().toNanos() / 1_000,
                work.transactions(),
                work.transactionMedian().toNanos() / 1_000,
                work.transactionP99().toNanos() / 1_000,
                work.idleTime().toNanos() / 1_000,
                Arrays.stream(Remark.values())
                        .filter(pool.remarks()::contains)
                        .map(remark -> remark.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(",")),
                String.join("; ", pool.text()));
    }

    private static @Nullable Object orNull(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    private static long percent(double share) {
        return Math.round(share * 100);
    }
}
