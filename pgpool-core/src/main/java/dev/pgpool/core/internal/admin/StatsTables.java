package dev.pgpool.core.internal.admin;

import dev.pgpool.core.internal.admin.TrafficHistory.Period;
import dev.pgpool.core.stats.Traffic;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** SHOW STATS and its relatives: one set of figures under several names. */
final class StatsTables {
    private static final long SECOND = 1_000_000;

    /** A figure: its total, and its average over a period. Times are in microseconds. */
    @SuppressWarnings("ImmutableEnumChecker") // the functions capture nothing
    private enum Figure {
        ASSIGNMENTS("server_assignment_count", "server_assignment_count", t -> t.serverAssignments()),
        XACTS("xact_count", "xact_count", t -> t.transactions()),
        QUERIES("query_count", "query_count", t -> t.queries()),
        RECEIVED("received", "recv", t -> t.bytesReceived()),
        SENT("sent", "sent", t -> t.bytesSent()),
        XACT_TIME("xact_time", "xact_time", t -> micros(t.transactionTime()), XACTS),
        QUERY_TIME("query_time", "query_time", t -> micros(t.queryTime()), QUERIES),
        WAIT_TIME("wait_time", "wait_time", t -> micros(t.waitTime()), ASSIGNMENTS),
        CLIENT_PARSES("client_parse_count", "client_parse_count", t -> t.clientParses()),
        SERVER_PARSES("server_parse_count", "server_parse_count", t -> t.serverParses()),
        BINDS("bind_count", "bind_count", t -> t.binds()),
        LOGINS("client_login_count", "client_login_count", t -> t.clientLogins());

        private final String total;
        private final String average;
        private final ToLongFunction<Traffic> read;
        /** What the average is of; time itself if it is null. */
        private final @Nullable Figure per;

        Figure(String total, String average, ToLongFunction<Traffic> read) {
            this(total, average, read, null);
        }

        Figure(String total, String average, ToLongFunction<Traffic> read, @Nullable Figure per) {
            this.total = total;
            this.average = average;
            this.read = read;
            this.per = per;
        }

        long total(Traffic traffic) {
            return read.applyAsLong(traffic);
        }

        /** Per second, or per item. */
        long average(Traffic older, Traffic newer, long micros) {
            long grown = total(newer) - total(older);
            if (per != null) {
                long items = per.total(newer) - per.total(older);
                return items == 0 ? 0 : grown / items;
            }
            return micros == 0 ? 0 : Math.round(grown * (double) SECOND / micros);
        }

        private static long micros(Duration duration) {
            return duration.toNanos() / 1_000;
        }
    }

    private StatsTables() {}

    static ResultTable stats(Map<String, Traffic> now, Period period) {
        ResultTable table =
                new ResultTable("database s, " + names("total_", f -> f.total) + ", " + names("avg_", f -> f.average));
        return rows(table, now, period, true, true);
    }

    static ResultTable totals(Map<String, Traffic> now) {
        ResultTable table = new ResultTable("database s, " + names("", StatsTables::plain));
        return rows(table, now, Period.NONE, true, false);
    }

    static ResultTable averages(Map<String, Traffic> now, Period period) {
        ResultTable table = new ResultTable("database s, " + names("", f -> isNewer(f) ? "avg_" + f.total : plain(f)));
        return rows(table, now, period, false, true);
    }

    /** The sums over all databases, by name. */
    static ResultTable sums(Map<String, Traffic> now, Period period) {
        Traffic all = Period.sum(now);
        Traffic older = Period.sum(period.older());
        Traffic newer = Period.sum(period.newer());
        ResultTable table = new ResultTable("name s, value n");
        for (Figure figure : Figure.values()) {
            table.row("total_" + inSums(figure), figure.total(all));
        }
        for (Figure figure : Figure.values()) {
            table.row("avg_" + inSums(figure), figure.average(older, newer, period.micros()));
        }
        return table;
    }

    private static ResultTable rows(
            ResultTable table, Map<String, Traffic> now, Period period, boolean totals, boolean averages) {
        now.forEach((name, traffic) -> {
            Stream<Object> cells = Stream.of(name);
            if (totals) {
                cells = Stream.concat(cells, Stream.of(Figure.values()).map(figure -> figure.total(traffic)));
            }
            if (averages) {
                cells = Stream.concat(
                        cells,
                        Stream.of(Figure.values())
                                .map(figure ->
                                        figure.average(period.older(name), period.newer(name), period.micros())));
            }
            table.row(cells.toArray());
        });
        return table;
    }

    private static String names(String prefix, Function<Figure, String> name) {
        return Stream.of(Figure.values())
                .map(figure -> prefix + name.apply(figure) + " n")
                .collect(Collectors.joining(", "));
    }

    /** Of STATS_TOTALS, and of STATS_AVERAGES as far as it is older than prepared statements. */
    private static String plain(Figure figure) {
        return switch (figure) {
            case RECEIVED -> "bytes_received";
            case SENT -> "bytes_sent";
            default -> figure.total;
        };
    }

    private static boolean isNewer(Figure figure) {
        return figure.compareTo(Figure.CLIENT_PARSES) >= 0;
    }

    private static String inSums(Figure figure) {
        return switch (figure) {
            case RECEIVED -> "client_bytes";
            case SENT -> "server_bytes";
            case CLIENT_PARSES, SERVER_PARSES, BINDS -> "ps_" + figure.total;
            default -> figure.total;
        };
    }
}
