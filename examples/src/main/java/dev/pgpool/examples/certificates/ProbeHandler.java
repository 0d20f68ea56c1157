package dev.pgpool.examples.certificates;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.metrics.PrometheusText;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code /probe?target=...&module=...&hostname=...&debug=true} as Blackbox Exporter does: one probe for each request, within
 * the time that Prometheus gives, and a page without the target's name, which relabelling adds. Where that one shows nothing, of
 * an expired certificate for instance, this one shows the dates all the same.
 */
final class ProbeHandler implements HttpHandler {

    /** As Blackbox Exporter has it: the answer must arrive before Prometheus gives up. */
    private static final Duration OFFSET = Duration.ofMillis(500);

    private static final Duration WITHOUT_HEADER = Duration.ofSeconds(120);

    private final CertWatch watch;
    private final Modules modules;

    ProbeHandler(CertWatch watch, Modules modules) {
        this.watch = watch;
        this.modules = modules;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        String target = query.getOrDefault("target", "");
        String module = query.getOrDefault("module", Modules.DEFAULT);
        if (target.isEmpty()) {
            Answers.send(exchange, 400, "Target parameter is missing\n");
            return;
        }
        Duration timeout = timeout(exchange.getRequestHeaders().getFirst("X-Prometheus-Scrape-Timeout-Seconds"));
        boolean debug = query.getOrDefault("debug", "").equals("true");
        long started = System.nanoTime();
        Optional<Endpoint> endpoint;
        try {
            endpoint = modules.endpoint(module, target, query.get("hostname"));
        } catch (IllegalArgumentException e) {
            // Not a fault of the scrape: the target is not well, and why can be read.
            Answers.send(exchange, 200, failed(timeout, started, String.valueOf(e.getMessage()), debug));
            return;
        }
        if (endpoint.isEmpty()) {
            Answers.send(exchange, 400, "Unknown module (expected: one of " + modules.names() + ")\n");
            return;
        }
        probe(endpoint.get())
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .handle((report, failure) -> report == null
                        ? failed(timeout, started, "no result within " + timeout.toMillis() + " ms", debug)
                        : page(report, timeout, debug))
                .thenAccept(page -> Answers.trySend(exchange, 200, page));
    }

    private CompletableFuture<CertReport> probe(Endpoint endpoint) {
        try {
            return watch.probe(endpoint);
        } catch (IllegalStateException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static String page(CertReport report, Duration timeout, boolean debug) {
        StringBuilder page = new StringBuilder();
        if (debug) {
            CertSnapshot alone = new CertSnapshot(report.checkedAt(), List.of(report), List.of());
            page.append(alone.table()).append('\n').append(alone.toJson()).append("\n\n");
        }
        try {
            PrometheusText.write(report, page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return page.append(limit(timeout)).toString();
    }

    private static String failed(Duration timeout, long started, String why, boolean debug) {
        return (debug ? why + "\n\n" : "")
                + """
                # HELP probe_success Whether the last look succeeded
                # TYPE probe_success gauge
                probe_success 0
                # HELP probe_duration_seconds How long the last look took
                # TYPE probe_duration_seconds gauge
                """
                + "probe_duration_seconds " + (System.nanoTime() - started) / 1e9 + "\n" + limit(timeout);
    }

    private static String limit(Duration timeout) {
        return """
                # HELP probe_timeout_seconds The limit that was in force
                # TYPE probe_timeout_seconds gauge
                """ + "probe_timeout_seconds " + timeout.toMillis() / 1e3 + "\n";
    }

    private static Duration timeout(@Nullable String header) {
        if (header != null && header.matches("\\d{1,6}(\\.\\d{1,9})?")) {
            Duration given = Duration.ofMillis((long) (Double.parseDouble(header) * 1000));
            Duration left = given.minus(OFFSET);
            return left.compareTo(Duration.ZERO) > 0 ? left : given.plusMillis(1);
        }
        return WITHOUT_HEADER;
    }

    static Map<String, String> query(@Nullable String raw) {
        Map<String, String> query = new HashMap<>();
        for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            try {
                query.putIfAbsent(name, URLDecoder.decode(value, StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                query.putIfAbsent(name, value);
            }
        }
        return query;
    }
}
