package dev.pgpool.backup.notify;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends one request and waits for the whole of its answer, within a deadline that holds for all of it: connection, request,
 * headers and body. The body is thrown away, however long it is. Speaks HTTP/1.1 and nothing else: an offer to upgrade is more
 * than some receivers can bear. Follows no redirects. Confined to one thread.
 */
final class WebhookPost {

    private final HttpClient http;
    private final Duration limit;

    WebhookPost(Duration limit) {
        this.limit = limit;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(limit)
                .build();
    }

    /**
     * What came of it.
     *
     * @param problem why it was not taken, or empty
     * @param passing whether it may be taken another time
     */
    record Answer(String problem, boolean passing) {}

    /** Posts a body; without one it is a GET, which is what a ping is. */
    Answer send(URI url, Map<String, String> headers, byte[] body, boolean get) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(limit);
        headers.forEach(request::header);
        if (get) {
            request.GET();
        } else {
            request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
        }
        // The request's own limit ends at the headers: a receiver that never ends its answer must not hold this thread.
        CompletableFuture<HttpResponse<Void>> answer =
                http.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding());
        try {
            int status = answer.get(limit.toNanos(), TimeUnit.NANOSECONDS).statusCode();
            boolean passing = status >= 500 || status == 408 || status == 425 || status == 429;
            return new Answer(status / 100 == 2 ? "" : "HTTP " + status, passing);
        } catch (TimeoutException e) {
            return new Answer("no complete answer within " + limit, true);
        } catch (ExecutionException e) {
            // Its message may hold the URL, and that a token.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return new Answer(cause.getClass().getSimpleName(), cause instanceof IOException);
        } finally {
            answer.cancel(true);
        }
    }
}
