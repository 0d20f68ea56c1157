package dev.pgpool.certwatch.notify;

import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.target.CertTarget;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receivers that answer well, late, badly or not at all: none holds a notice for ever, and each is sent HTTP/1.1 only. */
class WebhookIT {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TAKEN = "HTTP/1.1 204 No Content\r\n\r\n";

    @TempDir
    Path directory;

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private ServerSocket receiver;
    /** What the first request is answered; the others are taken. */
    private volatile String firstAnswer = TAKEN;

    @BeforeEach
    void receive() throws IOException {
        receiver = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread listener = new Thread(() -> {
            while (!receiver.isClosed()) {
                try {
                    Socket socket = receiver.accept();
                    Thread one = new Thread(() -> answer(socket));
                    one.setDaemon(true);
                    one.start();
                } catch (IOException e) {
                    return;
                }
            }
        });
        listener.setDaemon(true);
        listener.start();
    }

    @AfterEach
    void stop() throws IOException {
        end.countDown();
        receiver.close();
    }

    private void answer(Socket socket) {
        try (socket) {
            String request = request(socket.getInputStream());
            requests.add(request);
            String answer = requests.size() == 1 ? firstAnswer : TAKEN;
            byte[] bytes = answer.replace("...", "").getBytes(StandardCharsets.ISO_8859_1);
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            if (answer.endsWith("...")) {
                end.await();
            }
        } catch (IOException e) {
            // The sender has given up.
            Thread.currentThread().isInterrupted();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String request(InputStream in) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (true) {
            int one = in.read();
            if (one < 0) {
                return read.toString(StandardCharsets.UTF_8);
            }
            read.write(one);
            String text = read.toString(StandardCharsets.UTF_8);
            int head = text.indexOf("\r\n\r\n");
            if (head >= 0) {
                int at = text.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
                int length = Integer.parseInt(
                        text.substring(at + 16, text.indexOf('\r', at)).trim());
                return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
            }
        }
    }

    private WebhookNotifier webhook(Duration gather, Duration timeout, Duration pause) {
        return settings().gather(gather).timeout(timeout).firstPause(pause).build();
    }

    private WebhookNotifier.Settings settings() {
        return WebhookNotifier.to(URI.create("http://127.0.0.1:" + receiver.getLocalPort() + "/hook/token"));
    }

    /** A notice of a certificate that has expired. */
    private Notice notice() throws Exception {
        List<Notice> notices = new CopyOnWriteArrayList<>();
        Path file = Files.writeString(
                directory.resolve("over.pem"), Pki.pem(Pki.chain(Pki.leaf("over", ROOT, Duration.ofDays(-1)))));
        try (CertWatch watch = patient()
                .trust(trust(ROOT))
                .onNotice(notices::add)
                .target(CertTarget.file(file).named("shop"))
                .build()) {
            watch.start();
            check(watch, "shop");
            Awaitility.await().atMost(PATIENCE).until(() -> !notices.isEmpty());
        }
        return notices.get(0);
    }

    @Test
    void aSecretHeaderProvesWhoIsCalling() throws Exception {
        try (WebhookNotifier webhook = settings()
                .secret("Authorization", "Bearer s3cret")
                .gather(Duration.ofMillis(1))
                .build()) {
            webhook.onNotice(notice());
            Awaitility.await().atMost(PATIENCE).until(() -> requests.size() == 1);
        }
        assertThat(requests.get(0)).contains("Authorization: Bearer s3cret\r\n");
    }

    @Test
    void aSecretThatIsNoHeaderIsRefusedWithoutBeingShown() {
        assertThatThrownBy(() -> settings().secret("Authorization", "s3cret\r\nX: y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("webhook: header Authorization: not allowed")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void requestsAreHttp11AndAskForNoUpgrade() throws Exception {
        try (WebhookNotifier webhook = webhook(Duration.ofMillis(1), PATIENCE, Duration.ofMillis(1))) {
            webhook.onNotice(notice());
            Awaitility.await().atMost(PATIENCE).until(() -> requests.size() == 1);
        }
        assertThat(requests.get(0))
                .startsWith("POST /hook/token HTTP/1.1\r\n")
                .doesNotContainIgnoringCase("upgrade")
                .doesNotContainIgnoringCase("http2-settings")
                .contains("Content-Type: application/json")
                .contains("\"target\":\"shop\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "...",
                "HTTP/1.1 200 OK\r\nContent-Le...",
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n...",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n...",
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n...",
                "",
                "nonsense\r\n\r\n",
                "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 429 Later\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 503 No\r\nContent-Length: 1000\r\n\r\n...",
            })
    void whatMayPassIsTriedAgain(String answer) throws Exception {
        firstAnswer = answer;
        try (WebhookNotifier webhook = webhook(Duration.ofMillis(1), Duration.ofMillis(500), Duration.ofMillis(1))) {
            webhook.onNotice(notice());
            Awaitility.await().atMost(PATIENCE).until(() -> requests.size() >= 2);
        }
        assertThat(requests.get(1)).isEqualTo(requests.get(0));
    }

    /** Nor is a redirect followed: it could lead anywhere. */
    @ParameterizedTest
    @ValueSource(ints = {301, 307, 400, 401, 404, 410})
    void whatDoesNotPassIsNotTriedAgain(int status) throws Exception {
        firstAnswer = "HTTP/1.1 " + status + " No\r\nLocation: http://127.0.0.1:" + receiver.getLocalPort()
                + "/elsewhere\r\nContent-Length: 0\r\n\r\n";
        try (WebhookNotifier webhook = webhook(Duration.ofMillis(1), PATIENCE, Duration.ofMillis(1))) {
            Notice notice = notice();
            webhook.onNotice(notice);
            Awaitility.await().atMost(PATIENCE).until(() -> requests.size() == 1);
            // the next notice follows at once, and nothing of the first comes before it
            webhook.onNotice(notice);
            Awaitility.await().atMost(PATIENCE).until(() -> requests.size() == 2);
        }
        assertThat(requests).hasSize(2).noneMatch(request -> request.contains("/elsewhere"));
    }

    @Test
    void closingSendsWhatWaitsForItsNextAttempt() throws Exception {
        firstAnswer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
        WebhookNotifier webhook = webhook(Duration.ofMillis(1), PATIENCE, Duration.ofHours(1));
        webhook.onNotice(notice());
        Awaitility.await().atMost(PATIENCE).until(() -> requests.size() == 1);
        webhook.close();
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1)).isEqualTo(requests.get(0));
    }
}
