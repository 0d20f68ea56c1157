package dev.pgpool.backup.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.BackupEvent;
import dev.pgpool.backup.BackupListener;
import dev.pgpool.backup.internal.catalog.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts notices as JSON: {@code {"kind", "subject", "message", "reason", "at", "repeated"}}. Runs on the listener's own
 * thread, so a slow or dead receiver delays nothing but later notices; each attempt and the number of attempts are bounded.
 */
public final class WebhookNotifier implements BackupListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(WebhookNotifier.class);
    private static final int ATTEMPTS = 4;

    private final HttpClient http;
    private final URI url;
    private final @Nullable String secretHeader;
    private final @Nullable String secret;
    private final Duration timeout;
    private final Duration firstPause;
    private final NoticeRules rules;

    private WebhookNotifier(Settings settings) {
        this.url = settings.url;
        this.secretHeader = settings.secretHeader;
        this.secret = settings.secret;
        this.timeout = settings.timeout;
        this.firstPause = settings.firstPause;
        this.rules = new NoticeRules(settings.repeatInterval);
        this.http = HttpClient.newBuilder().connectTimeout(timeout).build();
    }

    /** A notifier to be set up. */
    public static Settings to(URI url) {
        return new Settings(url);
    }

    /** Settings of a notifier. */
    public static final class Settings {

        private final URI url;
        private @Nullable String secretHeader;
        private @Nullable String secret;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration firstPause = Duration.ofSeconds(1);
        private Duration repeatInterval = Duration.ofHours(24);

        private Settings(URI url) {
            if (!"http".equals(url.getScheme()) && !"https".equals(url.getScheme())) {
                throw new IllegalArgumentException("webhook: scheme " + url.getScheme() + " (expected: http or https)");
            }
            this.url = url;
        }

        /** Default none: a header that proves who is calling, such as {@code Authorization}. */
        public Settings secret(String header, String value) {
            secretHeader = header;
            secret = value;
            return this;
        }

        /** Default 10 s: for one attempt. */
        public Settings timeout(Duration limit) {
            timeout = limit;
            return this;
        }

        /** Default 1 s: before the second of four attempts; doubles. */
        public Settings firstPause(Duration pause) {
            firstPause = pause;
            return this;
        }

        /** Default 24 h: after which what is still bad is told again. */
        public Settings repeatInterval(Duration interval) {
            repeatInterval = interval;
            return this;
        }

        /** The notifier. */
        public WebhookNotifier build() {
            return new WebhookNotifier(this);
        }
    }

    @Override
    public void onEvent(BackupEvent event) {
        rules.on(event).forEach(this::send);
    }

    private void send(Notice notice) {
        HttpRequest request = request(notice);
        long pause = firstPause.toMillis();
        String failure = "";
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                int status = http.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode();
                if (status < 300) {
                    return;
                }
                failure = "HTTP " + status;
                if (status < 500 && status != 408 && status != 429) {
                    break;
                }
            } catch (IOException e) {
                failure = e.getClass().getSimpleName();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (attempt < ATTEMPTS && !pause(pause)) {
                return;
            }
            pause *= 2;
        }
        // The URL may hold a token, so only its host is named.
        LOGGER.warn("Notice {} of {} was not taken by {}: {}", notice.kind(), notice.subject(), url.getHost(), failure);
    }

    private static boolean pause(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private HttpRequest request(Notice notice) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(url)
                    .timeout(timeout)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(notice)));
            if (secretHeader != null) {
                request.header(secretHeader, Objects.requireNonNull(secret));
            }
            return request.build();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a notice cannot be written", e);
        }
    }
}
