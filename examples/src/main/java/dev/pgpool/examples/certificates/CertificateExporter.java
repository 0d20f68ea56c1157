package dev.pgpool.examples.certificates;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.metrics.PrometheusText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An exporter: {@code /probe} for scrape configurations made for Blackbox Exporter, {@code /metrics} for the targets given here,
 * probed on a schedule of their own.
 */
public final class CertificateExporter implements AutoCloseable {

    static final String USAGE = """
            usage: CertificateExporter [--listen [host:]port] [--module name=scheme?options]... [target]...
              --listen   where to answer; 9115 on all addresses by default, as Blackbox Exporter
              --module   a module for /probe, such as internal=https?ca=/etc/ssl/internal.pem
              target     what to watch for /metrics: https://..., file:/etc/ssl/*.pem, targets:/etc/certwatch/targets.txt, ...
            """;

    private static final Logger LOGGER = LoggerFactory.getLogger(CertificateExporter.class);

    private final CertWatch watch;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8);

    private CertificateExporter(CertWatch watch, HttpServer server, Modules modules) {
        this.watch = watch;
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/probe", new ProbeHandler(watch, modules));
        server.createContext("/metrics", exchange -> {
            StringBuilder page = new StringBuilder();
            PrometheusText.write(watch, page);
            Answers.send(exchange, 200, page.toString());
        });
        server.createContext("/-/healthy", exchange -> Answers.send(exchange, 200, "Healthy\n"));
        server.createContext(
                "/",
                exchange -> Answers.send(
                        exchange,
                        exchange.getRequestURI().getPath().equals("/") ? 200 : 404,
                        "/probe?target=example.org&module=http_2xx\n/metrics\n"));
    }

    /** For example {@code --listen 127.0.0.1:9115 https://example.org}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (Arrays.asList(arguments).contains("--help")) {
            LOGGER.info("\n{}", USAGE);
            return;
        }
        try (CertificateExporter exporter = start(CertWatch.builder(), arguments)) {
            LOGGER.info("listening on port {}", exporter.port());
            new CountDownLatch(1).await();
        }
    }

    /**
     * Starts to watch and to answer.
     *
     * @throws IllegalArgumentException if an argument is none
     * @throws IOException if the port cannot be listened on
     */
    static CertificateExporter start(CertWatchBuilder builder, String... arguments) throws IOException {
        Modules modules = new Modules();
        InetSocketAddress address = new InetSocketAddress(9115);
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            String argument = rest.remove();
            switch (argument) {
                case "--listen" -> address = address(value(argument, rest));
                case "--module" -> modules.define(value(argument, rest));
                default -> {
                    if (argument.startsWith("--")) {
                        throw new IllegalArgumentException(argument + " (expected: --listen, --module, or a target)");
                    }
                    builder.target(argument);
                }
            }
        }
        CertWatch watch = builder.build();
        try {
            HttpServer server = HttpServer.create(address, 128);
            CertificateExporter exporter = new CertificateExporter(watch, server, modules);
            watch.start();
            server.start();
            return exporter;
        } catch (IOException e) {
            watch.close();
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    private static String value(String option, Deque<String> rest) {
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(option + " without a value (expected: one)");
        }
        return value;
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
            throw new IllegalArgumentException("--listen " + text + " (expected: port or host:port)");
        }
        String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("[\\[\\]]", "");
        return host.isEmpty()
                ? new InetSocketAddress(Integer.parseInt(port))
                : new InetSocketAddress(host, Integer.parseInt(port));
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        watch.close();
        threads.shutdownNow();
    }
}
