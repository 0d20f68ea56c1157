package dev.pgpool.backup.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pgpool.backup.catalog.BackupId;
import dev.pgpool.backup.event.BackupEvent;
import dev.pgpool.backup.report.FailureReason;
import dev.pgpool.backup.report.RunReport;
import dev.pgpool.backup.report.Trigger;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receivers of notices as they are: some never answer, some never end, some want another form. */
class WebhookIT {

    private static final Instant NOW = Instant.parse("2026-11-23T03:00:00Z");
    private static final String OK = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final ServerSocket server;

    WebhookIT() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-En",
                "HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n"
            })
    void aReceiverThatNeverEndsItsAnswerHoldsNoNoticeForEver(String firstAnswer) {
        AtomicInteger count = new AtomicInteger();
        answer(() -> count.getAndIncrement() == 0 ? firstAnswer : OK);
        WebhookNotifier notifier = WebhookNotifier.to(url())
                .timeout(Duration.ofMillis(400))
                .firstPause(Duration.ofMillis(10))
                .build();
        Thread listener = new Thread(() -> notifier.onEvent(finished(RunReport.Outcome.FAILURE)));
        listener.setDaemon(true);
        listener.start();

        await().atMost(Duration.ofSeconds(20)).until(() -> !listener.isAlive());
        assertThat(requests).as("tried again").hasSize(2);
    }

    @Test
    void requestsAreHttp11AndAskForNoUpgrade() {
        answer(() -> OK);
        WebhookNotifier.to(url()).build().onEvent(finished(RunReport.Outcome.FAILURE));

        assertThat(requests)
                .singleElement()
                .satisfies(request -> assertThat(request)
                        .startsWith("POST /hook?token=t HTTP/1.1")
                        .doesNotContainIgnoringCase("upgrade")
                        .doesNotContainIgnoringCase("http2-settings"));
    }

    @Test
    void aDeadMansSwitchHearsOfEachRunsStartSuccessAndFailure() {
        answer(() -> OK);
        WebhookNotifier ping = WebhookNotifier.pinging(url());
        ping.onEvent(new BackupEvent.RunStarted(NOW, id(), Trigger.SCHEDULED));
        ping.onEvent(finished(RunReport.Outcome.SUCCESS));
        ping.onEvent(new BackupEvent.RunStarted(NOW, id(), Trigger.SCHEDULED));
        ping.onEvent(finished(RunReport.Outcome.FAILURE));
        ping.onEvent(finished(RunReport.Outcome.FAILURE));
        ping.onEvent(finished(RunReport.Outcome.SKIPPED));
        ping.onEvent(new BackupEvent.Overdue(NOW, null));
        ping.onEvent(finished(RunReport.Outcome.SUCCESS));

        assertThat(requests)
                .extracting(request -> request.substring(0, request.indexOf(" HTTP")))
                .containsExactly(
                        "GET /hook/start?token=t",
                        "GET /hook?token=t",
                        "GET /hook/start?token=t",
                        "POST /hook/fail?token=t",
                        "POST /hook/fail?token=t",
                        "GET /hook?token=t");
        assertThat(requests.get(3)).contains("out of \"luck\"");
    }

    @Test
    void aTemplateIsFilledAsJsonWantsIt() throws IOException {
        answer(() -> OK);
        WebhookNotifier.to(url())
                .template("{\"text\": \"*{{kind}}* {{ text }}\", \"raw\": \"{{message}}\", \"n\": [\"{{at}}\"]}")
                .kinds(Notice.Kind.FAILED, Notice.Kind.SUCCEEDED)
                .build()
                .onEvent(finished(RunReport.Outcome.FAILURE));

        String body = requests.get(0).substring(requests.get(0).indexOf("\r\n\r\n") + 4);
        Map<?, ?> sent = new ObjectMapper().readValue(body, Map.class);
        assertThat(sent.get("raw")).isEqualTo("out of \"luck\"\n\\ $1 {{kind}}");
        assertThat(String.valueOf(sent.get("text"))).startsWith("*FAILED* FAILED: backup: out of \"luck\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"text\": {{text}}}", "{\"text\": \"{{txt}}\"}", "text={{text}}", "{\"text\": \"{{text}}\""})
    void aTemplateThatCannotBeFilledIsRefusedAtOnce(String template) {
        assertThatThrownBy(() -> WebhookNotifier.to(url()).template(template))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("webhook: template: ");
    }

    @Test
    void aHeaderThatCannotBeSentIsRefusedWithoutShowingIt() {
        assertThatThrownBy(() -> WebhookNotifier.to(url()).secret("X-Secret", "tell-no-one\r\nX: y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("tell-no-one");
        assertThatThrownBy(() -> WebhookNotifier.to(URI.create("ftp://example.org/x")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private interface Answer {
        String next();
    }

    private void answer(Answer answer) {
        Thread thread = new Thread(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    open.add(socket);
                    requests.add(read(socket.getInputStream()));
                    String text = answer.next();
                    OutputStream out = socket.getOutputStream();
                    out.write(text.getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                } catch (IOException e) {
                    return;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static String read(InputStream in) throws IOException {
        StringBuilder request = new StringBuilder();
        int length = 0;
        for (int c = in.read(); c >= 0; c = in.read()) {
            request.append((char) c);
            if (request.toString().endsWith("\r\n\r\n")) {
                String head = request.toString().toLowerCase(java.util.Locale.ROOT);
                int at = head.indexOf("content-length: ");
                length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)));
                break;
            }
        }
        return request + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private URI url() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/hook?token=t");
    }

    private static BackupId id() {
        return new BackupId("20261123T030000Z-00000000");
    }

    private static BackupEvent finished(RunReport.Outcome outcome) {
        boolean good = outcome == RunReport.Outcome.SUCCESS;
        return new BackupEvent.RunFinished(
                NOW,
                new RunReport(
                        id(),
                        Trigger.SCHEDULED,
                        outcome,
                        good ? null : FailureReason.DUMP_EXIT,
                        good ? "" : "out of \"luck\"\n\\ $1 {{kind}}",
                        NOW,
                        NOW,
                        List.of(),
                        Map.of(),
                        List.of()));
    }
}
