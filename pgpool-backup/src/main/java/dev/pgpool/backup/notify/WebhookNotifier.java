package dev.pgpool.backup.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.event.BackupListener;
import dev.pgpool.backup.internal.json.Json;
import dev.pgpool.backup.internal.log.PeerLog;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Posts notices as JSON: {@code {"kind", "subject", "message", "reason", "at", "repeated"}}, or as a template of the host's says.
 * Runs on the listener's own thread, so a slow or dead receiver delays nothing but later notices; each attempt, with the whole
 * of its answer, and the number of attempts are bounded.
 *
 * <p>For a dead man's switch {@link #pinging} asks for a URL at start, success and failure of each run, as healthchecks.io
 * and its like want it.
 */
public final class WebhookNotifier implements BackupListener {

    private static final PeerLog LOGGER = PeerLog.of(WebhookNotifier.class);
    private static final int ATTEMPTS = 4;

    private final WebhookPost http;
    private final URI url;
    private final Map<String, String> headers;
    private final Duration firstPause;
    private final NoticeRules rules;
    private final @Nullable NoticeTemplate template;
    private final boolean pinging;

    private WebhookNotifier(Settings settings) {
        this.url = settings.url;
        this.headers = Map.copyOf(settings.headers);
        this.firstPause = settings.firstPause;
        this.template = settings.template;
        this.pinging = settings.pinging;
        this.rules = pinging ? NoticeRules.everyRun() : new NoticeRules(settings.repeatInterval, settings.kinds);
        this.http = new WebhookPost(settings.timeout);
    }

    /** A notifier to be set up. */
    public static Settings to(URI url) {
        return new Settings(url, false);
    }

    /**
     * A dead man's switch: {@code url/start} is asked for when a run begins, {@code url} when it succeeded, {@code url/fail} with
     * the message as the body when it failed. A run that is skipped says nothing. If no ping comes, the service at the other end
     * raises the alarm.
     */
    public static WebhookNotifier pinging(URI url) {
        return new Settings(url, true).build();
    }

    /** Settings of a notifier. */
    public static final class Settings {

        private final URI url;
        private final boolean pinging;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private Duration timeout = Duration.ofSeconds(10);
        private Duration firstPause = Duration.ofSeconds(1);
        private Duration repeatInterval = Duration.ofHours(24);
        private @Nullable NoticeTemplate template;
        private Set<Notice.Kind> kinds = EnumSet.complementOf(EnumSet.of(Notice.Kind.STARTED, Notice.Kind.SUCCEEDED));

        private Settings(URI url, boolean pinging) {
            String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
            if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
                throw new IllegalArgumentException("webhook: scheme " + url.getScheme() + ", host " + url.getHost()
                        + " (expected: an http or https URL)");
            }
            this.url = url;
            this.pinging = pinging;
        }

        /** Default none: a header that proves who is calling, such as {@code Authorization}. May be called for several. */
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

        /** Default 10 s: for one attempt, from the connection to the last byte of the answer. */
        public Settings timeout(Duration limit) {
            timeout = positive("timeout", limit);
            return this;
        }

        /** Default 1 s: before the second of four attempts; doubles. */
        public Settings firstPause(Duration pause) {
            firstPause = positive("firstPause", pause);
            return this;
        }

        /** Default 24 h: after which what is still bad is told again. */
        public Settings repeatInterval(Duration interval) {
            repeatInterval = positive("repeatInterval", interval);
            return this;
        }

        /**
         * Default: all but STARTED and SUCCEEDED, which tell of each run. Only these kinds.
         */
        public Settings kinds(Notice.Kind first, Notice.Kind... more) {
            kinds = EnumSet.of(first, more);
            return this;
        }

        /**
         * Default: the notice's fields. A JSON text in whose strings <code>{{kind}}</code>, <code>{{subject}}</code>,
         * <code>{{message}}</code>, <code>{{reason}}</code>, <code>{{at}}</code>, <code>{{repeated}}</code> and
         * <code>{{text}}</code> (one line with all of it) are filled in; for Slack and its like
         * <code>{"text": "{{text}}"}</code>.
         *
         * @throws IllegalArgumentException if it is no JSON, or has places that a notice cannot fill
         */
        public Settings template(String json) {
            template = new NoticeTemplate(json);
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
    public void onEvent(BackupEvent event) {
        rules.on(event).forEach(this::send);
    }

    private void send(Notice notice) {
        long pause = firstPause.toMillis();
        try {
            for (int attempt = 1; ; attempt++) {
                WebhookPost.Answer answer = pinging ? ping(notice) : post(notice);
                if (answer.problem().isEmpty()) {
                    return;
                }
                if (attempt == ATTEMPTS || !answer.passing()) {
                    // The URL may hold a token, so only its host is named.
                    LOGGER.warn(
                            "Notice {} of {} was not taken by {}: {}",
                            notice.kind(),
                            notice.subject(),
                            url.getHost(),
                            answer.problem());
                    return;
                }
                Thread.sleep(pause);
                pause *= 2;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private WebhookPost.Answer post(Notice notice) throws InterruptedException {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.putIfAbsent("Content-Type", "application/json");
        return http.send(url, all, body(notice), false);
    }

    private byte[] body(Notice notice) {
        if (template != null) {
            return template.fill(notice).getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Json.MAPPER.writeValueAsBytes(notice);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a notice cannot be written", e);
        }
    }

    private WebhookPost.Answer ping(Notice notice) throws InterruptedException {
        return switch (notice.kind()) {
            case STARTED -> http.send(below("start"), headers, new byte[0], true);
            case SUCCEEDED -> http.send(url, headers, new byte[0], true);
            default -> http.send(below("fail"), headers, notice.text().getBytes(StandardCharsets.UTF_8), false);
        };
    }

    private URI below(String segment) {
        String text = url.toString();
        int query = text.indexOf('?');
        String base = query < 0 ? text : text.substring(0, query);
        return URI.create(base + (base.endsWith("/") ? "" : "/") + segment + (query < 0 ? "" : text.substring(query)));
    }
}
