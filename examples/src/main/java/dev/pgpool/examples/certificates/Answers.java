package dev.pgpool.examples.certificates;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers of the exporter: text, whole. */
final class Answers {

    private static final Logger LOGGER = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
        exchange.close();
    }

    /** For an answer that is ready later, when no caller is left that could be told that the client has gone. */
    static void trySend(HttpExchange exchange, int status, String text) {
        try {
            send(exchange, status, text);
        } catch (IOException e) {
            LOGGER.debug("a client left before its answer: {}", e.toString());
            exchange.close();
        }
    }
}
