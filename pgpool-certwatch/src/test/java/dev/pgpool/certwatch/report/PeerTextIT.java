package dev.pgpool.certwatch.report;

import static dev.pgpool.certwatch.fixture.Probes.PATIENCE;
import static dev.pgpool.certwatch.fixture.Probes.check;
import static dev.pgpool.certwatch.fixture.Probes.patient;
import static dev.pgpool.certwatch.fixture.Probes.trust;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.fixture.DerWriter;
import dev.pgpool.certwatch.fixture.OddCertificates;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.fixture.TlsPeer;
import dev.pgpool.certwatch.internal.x509.Certificates;
import dev.pgpool.certwatch.metrics.CertWatchMetrics;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.target.Endpoint;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.pkitesting.X509Bundle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What a peer writes into its certificate stays in its place, wherever it is shown. */
class PeerTextIT {

    private static final X509Bundle ROOT = Pki.root("Root");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\n2026-01-01 00:00:00 INFO all is well",
                "a\r\nEXPIRED",
                "a\u001b[2J\u001b[31m",
                "a\u0000b",
                "a\u0085b\u2028c",
                "moc.elpmaxe\u202e",
                "a\ttab",
                "\u009b31m"
            })
    void nothingThatAPeerSaysIsAControlCharacterAnywhere(String evil) throws Exception {
        byte[] name = OddCertificates.name(evil);
        OddCertificates.Odd odd = OddCertificates.odd()
                .subject(name)
                .noExtensions()
                .extension(OddCertificates.extension(
                        "2.5.29.17",
                        false,
                        DerWriter.sequence(DerWriter.ascii(0x82, evil), DerWriter.ascii(0x81, evil))))
                .signedBy(Pki.root("Stranger"));
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.pgpool.certwatch");
        log.start();
        logger.addAppender(log);
        List<Notice> notices = new CopyOnWriteArrayList<>();
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (TlsPeer peer = TlsPeer.tls(odd.key(), Certificates.parse(odd.encoded()))) {
            Endpoint target = CertTarget.tls("127.0.0.1", peer.port())
                    .withServerName("localhost")
                    .named("target " + evil);
            try (CertWatch watch = patient()
                            .trust(trust(ROOT))
                            .target(target)
                            .onNotice(notices::add)
                            .build();
                    CertWatchMetrics metrics = CertWatchMetrics.bind(watch, registry)) {
                watch.start();
                CertReport report = check(watch, target.name());
                Awaitility.await().atMost(PATIENCE).until(() -> !notices.isEmpty());
                List<String> shown = new ArrayList<>();
                report.findings().forEach(finding -> shown.add(finding.message()));
                shown.add(report.leaf().subject());
                shown.addAll(report.leaf().names());
                notices.forEach(notice -> shown.add(notice.text()));
                log.list.forEach(event -> shown.add(event.getFormattedMessage()));
                watch.snapshot().table().lines().forEach(shown::add);
                assertThat(watch.snapshot().table().lines()).hasSize(2);
                assertThat(shown).hasSizeGreaterThan(5).noneMatch(PeerTextIT::hasControl);
                assertThat(watch.snapshot().toJson()).matches(json -> !hasControl(json));
            }
        } finally {
            logger.detachAppender(log);
        }
    }

    private static boolean hasControl(String text) {
        return text.codePoints()
                .anyMatch(c -> Character.isISOControl(c)
                        || Character.getType(c) == Character.FORMAT
                        || Character.getType(c) == Character.LINE_SEPARATOR);
    }
}
