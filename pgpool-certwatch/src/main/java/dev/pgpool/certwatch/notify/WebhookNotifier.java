package dev.pgpool.certwatch.notify;

import static java.util.Objects.requireNonNull;

import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.Notice;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts notices as JSON to a URL. Notices of a short while go together, so that a certificate shared by many targets is one
 * message. A post that fails in passing (no answer, status 5xx, 408, 425, 429) is tried again with growing pauses; what cannot be
 * delivered in the end is logged. Each attempt is bounded from the connection to the last byte of the answer. The field {@code text} serves chat
 * systems, {@code notices} programs.
 *
 * <p>Register it as a listener of the watch, and close it after the watch: closing sends what is left. Thread-safe.
 */
public final class WebhookNotifier implements CertWatchListener, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(WebhookNotifier.class);
    private static final int ATTEMPTS = 5;
    private static final int MAX_WAITING = 10_000;

    private final WebhookPost http;
    private final URI url;
    private final Map<String, String> headers;
    private final Duration gather;
    private final Duration timeout;
    private final Duration firstPause;
    private final ScheduledThreadPoolExecutor thread;
    private final List<Notice> waiting = new ArrayList<>();
    /** Deliveries between two attempts; only the object itself counts. */
    private final Set<Delivery> pausing =
            Collections.newSetFromMap(Collections.synchronizedMap(new IdentityHashMap<>()));

    private boolean scheduled;

    /**
     * A message that is being sent.
     *
     * @param attempt how often it has been tried when this attempt ends, from 1
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Delivery(byte[] body, List<Notice> notices, int attempt) {}

    private WebhookNotifier(Settings settings) {
        this.url = settings.url;
        Map<String, String> all = new LinkedHashMap<>(settings.headers);
        all.putIfAbsent("Content-Type", "application/json");
        this.headers = Map.copyOf(all);
        this.gather = settings.gather;
        this.timeout = settings.timeout;
        this.firstPause = settings.firstPause;
        this.http = new WebhookPost(timeout);
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread daemon = new Thread(task, "certwatch-webhook");
            daemon.setDaemon(true);
            return daemon;
        });
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * A notifier to be set up.
     *
     * @throws IllegalArgumentException if it is no http or https URL with a host
     */
    public static Settings to(URI url) {
        return new Settings(url);
    }

    /** Settings of a notifier. */
    public static final class Settings {

        private final URI url;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private Duration gather = Duration.ofSeconds(10);
        private Duration timeout = Duration.ofSeconds(10);
        private Duration firstPause = Duration.ofSeconds(2);

        private Settings(URI url) {
            String scheme =
                    String.valueOf(requireNonNull(url, "url").getScheme()).toLowerCase(Locale.ROOT);
            if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
                throw new IllegalArgumentException("webhook: scheme " + url.getScheme() + ", host " + url.getHost()
                        + " (expected: an http or https URL)");
            }
            this.url = url;
        }

        /**
         * Default none: a header that proves who is calling, such as {@code Authorization}. May be called for several.
         *
         * @throws IllegalArgumentException if the header is not allowed; the message does not show the value
         */
        public Settings secret(String header, String value) {
            try {
                HttpRequest.newBuilder(url).header(header, value);
            } catch (IllegalArgumentException e) {
                // Without its message, which would show the value.
                throw new IllegalArgumentException("webhook: header " + header
                        + ": not allowed, or its value has a line break (expected: a header of one line)");
            }
            headers.put(header, value);
            return this;
        }

        /** Default 10 s: how long notices are gathered for one message. */
        public Settings gather(Duration time) {
            gather = positive("gather", time);
            return this;
        }

        /** Default 10 s: for one attempt, from the connection to the last byte of the answer. */
        public Settings timeout(Duration limit) {
            timeout = positive("timeout", limit);
            return this;
        }

        /** Default 2 s: before the second of five attempts; doubles. */
        public Settings firstPause(Duration pause) {
            firstPause = positive("firstPause", pause);
            return this;
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException("webhook: " + name + ": " + value + " (expected: > 0)");
            }
            return value;
        }

        /** The notifier. */
        public WebhookNotifier build() {
            return new WebhookNotifier(this);
        }
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
            send(new Delivery(NoticeJson.write(batch).getBytes(StandardCharsets.UTF_8), batch, 1));
        }
    }

    private void send(Delivery delivery) {
        pausing.remove(delivery);
        WebhookPost.Answer answer;
        try {
            answer = http.send(url, headers, delivery.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer = new WebhookPost.Answer("interrupted", false);
        }
        if (answer.problem().isEmpty()) {
            return;
        }
        int attempt = delivery.attempt();
        if (answer.passing() && attempt < ATTEMPTS && !thread.isShutdown()) {
            LOGGER.debug("webhook {}: {}, attempt {} of {}", url.getHost(), answer.problem(), attempt, ATTEMPTS);
            Delivery again = new Delivery(delivery.body(), delivery.notices(), attempt + 1);
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
        // The URL may hold a token, so only its host is named.
        LOGGER.error(
                "webhook at {} was not delivered after {} attempts, last: {}; notices: {}",
                url.getHost(),
                attempt,
                answer.problem(),
                delivery.notices().stream().map(Notice::text).toList());
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
