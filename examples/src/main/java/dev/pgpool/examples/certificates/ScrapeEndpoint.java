package dev.pgpool.examples.certificates;

import com.sun.net.httpserver.HttpServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.metrics.PrometheusText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The least that Prometheus needs of a service that has a watch. */
final class ScrapeEndpoint {

    private ScrapeEndpoint() {}

    static HttpServer start(CertWatch watch, int port) throws IOException {
        // README: begin
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/metrics", exchange -> {
            StringBuilder page = new StringBuilder();
            PrometheusText.write(watch, page);
            byte[] body = page.toString().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        // README: end
        return server;
    }
}
