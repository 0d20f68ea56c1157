package dev.pgpool.certwatch.notify;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts notices as JSON to a URL. Notices of a short while go together, so that a certificate shared by many targets is one
 * message. A post that fails in passing (no answer, status 5xx, 408, 425, 429) is tried again with growing pauses; what cannot be
 * delivered in the end is logged. Each attempt is bounded from the connection to the last byte of the answer. Speaks HTTP/1.1 and
 * nothing else: an offer to upgrade is more than some receivers can bear. Follows no redirects. The field {@code text} serves chat
 * systems, {@code notices} programs.
 *
 * <p>Register it as a listener of the watch, and close it after the watch: closing sends what is left. Thread-safe.
 */
public final class Webhook implements CertWatchListener, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Webhook.class);
    private static final int ATTEMPTS = 5;
    private static final int MAX_WAITING = 10_000;

    private final URI url;
    private final Duration gather;
    private final Duration timeout;
    private final Duration firstPause;
    private final HttpClient client;
    private final ScheduledThreadPoolExecutor thread;
    private final List<Notice> waiting = new ArrayList<>();
    private final Set<Delivery> pausing = ConcurrentHashMap.newKeySet();
    private boolean scheduled;

    /** A message and how often it will have been tried. Compared as an object. */
    private static final class Delivery {
        private final String body;
        private final List<Notice> batch;
        private final int attempt;

        Delivery(String body, List<Notice> batch, int attempt) {
            this.body = body;
            this.batch = batch;
            this.attempt = attempt;
        }

        String body() {
            return body;
        }

        List<Notice> batch() {
            return batch;
        }

        int attempt() {
            return attempt;
        }
    }

    /**
     * What came of an attempt.
     *
     * @param problem why it was not taken; empty if it was
     * @param passing whether it may be taken another time
     */
    private record Answer(String problem, boolean passing) {}

    private Webhook(URI url, Duration gather, Duration timeout, Duration firstPause) {
        String scheme = requireNonNull(url, "url").getScheme();
        if (url.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException(
                    "webhook.url: scheme " + scheme + ", host " + url.getHost() + " (expected: an http or https URL)");
        }
        this.url = url;
        this.gather = gather;
        this.timeout = timeout;
        this.firstPause = firstPause;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .build();
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread daemon = new Thread(task, "certwatch-webhook");
            daemon.setDaemon(true);
            return daemon;
        });
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Gathers for 10 seconds, waits 10 seconds for an answer, and tries up to five times within about a minute. */
    public static Webhook to(URI url) {
        return new Webhook(url, Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(2));
    }

    /** With times of one's own: how long to gather, to wait for an answer, and to pause before the second attempt. */
    public static Webhook to(URI url, Duration gather, Duration timeout, Duration firstPause) {
        return new Webhook(url, gather, timeout, firstPause);
    }

    @Override
    public void onNotice(Notice notice) {
        synchronized (waiting) {
            if (waiting.size() >= MAX_WAITING) {
                LOGGER.warn("webhook is {} notices behind, dropped: {}", MAX_WAITING, notice.text());
                return;
            }
            waiting.add(notice);
            if (!scheduled && !thread.isShutdown()) {
                scheduled = true;
                thread.schedule(this::sendWaiting, gather.toNanos(), TimeUnit.NANOSECONDS);
            }
        }
    }

    private void sendWaiting() {
        List<Notice> batch;
        synchronized (waiting) {
            scheduled = false;
            batch = List.copyOf(waiting);
            waiting.clear();
        }
        if (!batch.isEmpty()) {
            send(new Delivery(NoticeJson.write(batch), batch, 1));
        }
    }

    private void send(Delivery delivery) {
        pausing.remove(delivery);
        Answer answer = post(delivery.body());
        if (answer.problem().isEmpty()) {
            return;
        }
        int attempt = delivery.attempt();
        if (answer.passing() && attempt < ATTEMPTS && !thread.isShutdown()) {
            LOGGER.debug("webhook {}: {}, attempt {} of {}", url.getHost(), answer.problem(), attempt, ATTEMPTS);
            Delivery again = new Delivery(delivery.body(), delivery.batch(), attempt + 1);
            pausing.add(again);
            long pause = firstPause.toNanos() << (attempt - 1);
            try {
                thread.schedule(() -> send(again), pause, TimeUnit.NANOSECONDS);
                return;
            } catch (RejectedExecutionException e) {
                // Closed at this moment.
                pausing.remove(again);
            }
        }
        // The path of such URLs is often a secret.
        LOGGER.error(
                "webhook at {} was not delivered after {} attempts, last: {}; notices: {}",
                url.getHost(),
                attempt,
                answer.problem(),
                delivery.batch().stream().map(Notice::text).toList());
    }

    private Answer post(String body) {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        // The request's own limit ends at the headers: a receiver that never ends its answer must not hold this thread.
        CompletableFuture<HttpResponse<Void>> answer =
                client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        try {
            int status = answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS).statusCode();
            boolean passing = status >= 500 || status == 408 || status == 425 || status == 429;
            return new Answer(status / 100 == 2 ? "" : "status " + status, passing);
        } catch (ExecutionException e) {
            // Its message may hold the URL, and that a token.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return new Answer(cause.getClass().getSimpleName(), cause instanceof IOException);
        } catch (TimeoutException e) {
            return new Answer("no complete answer within " + timeout.toMillis() + " ms", true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer("interrupted", false);
        } finally {
            answer.cancel(true);
        }
    }

    /** Sends what is left, once. */
    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        thread.execute(() -> {
            List.copyOf(pausing).forEach(this::send);
            sendWaiting();
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(timeout.toNanos() * 2, TimeUnit.NANOSECONDS)) {
                thread.shutdownNow();
                thread.awaitTermination(timeout.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
