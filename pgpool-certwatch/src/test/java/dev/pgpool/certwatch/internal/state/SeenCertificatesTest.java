package dev.pgpool.certwatch.internal.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.finding.Finding;
import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.fixture.Pki;
import dev.pgpool.certwatch.internal.judge.ChainInspector;
import dev.pgpool.certwatch.internal.judge.Inspection;
import dev.pgpool.certwatch.internal.probe.ServedChain;
import dev.pgpool.certwatch.internal.probe.ServedChain.Kind;
import dev.pgpool.certwatch.report.AddressResult;
import dev.pgpool.certwatch.report.CertificateFacts;
import dev.pgpool.certwatch.target.CertTarget;
import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a target showed lately, as sequences of probes; {@code A@1} is leaf A at address 1, {@code !1} a failed address. */
class SeenCertificatesTest {

    private static final X509Bundle ROOT = Pki.root("Root");
    private static final CertTarget TARGET = CertTarget.tls("localhost", 443);
    private static final ChainInspector INSPECTOR = new ChainInspector();
    private static final List<Inspection> LEAVES = leaves(Kind.SERVED);

    private final SeenCertificates seenCertificates = new SeenCertificates();
    private final List<String> told = new ArrayList<>();

    /** Leaves A, B, C and D, each ending later than the one before. */
    private static List<Inspection> leaves(Kind kind) {
        List<Inspection> leaves = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            X509Bundle leaf = Pki.leaf("" + (char) ('A' + i), ROOT, Duration.ofDays(100 + i));
            leaves.add(inspect(leaf, "1", kind));
        }
        return leaves;
    }

    private static Inspection inspect(X509Bundle leaf, String where, Kind kind) {
        return INSPECTOR.inspect(TARGET, new ServedChain(where, Pki.chain(leaf), null, kind), null, List.of());
    }

    private static Inspection at(Inspection leaf, String where) {
        return new Inspection(
                where, leaf.kind(), leaf.served(), leaf.linked(), leaf.paths(), leaf.findings(), null, null, Map.of());
    }

    private String probe(String text) {
        return probe(text, LEAVES);
    }

    /** Gives the names of the leaves to be judged, with their places. */
    private String probe(String text, List<Inspection> leaves) {
        List<Inspection> fresh = new ArrayList<>();
        List<AddressResult> addresses = new ArrayList<>();
        for (String part : text.split(" ")) {
            if (part.startsWith("!")) {
                addresses.add(new AddressResult(
                        part.substring(1),
                        null,
                        null,
                        null,
                        null,
                        Finding.of(FindingCode.CONNECT_REFUSED, ""),
                        Duration.ZERO));
            } else {
                String where = part.substring(part.indexOf('@') + 1);
                fresh.add(at(leaves.get(part.charAt(0) - 'A'), where));
                addresses.add(new AddressResult(where, null, null, null, null, null, Duration.ZERO));
            }
        }
        SeenCertificates.Seen seen = seenCertificates.onProbe(TARGET, fresh, addresses, Pki.NOW);
        for (CertificateChange change : seen.changes()) {
            told.add(name(change.before()) + name(change.after()));
        }
        return String.join(
                " ",
                seen.judged().stream()
                        .map(inspection -> name(inspection.leaf()) + "@" + inspection.where())
                        .toList());
    }

    private static String name(CertificateFacts leaf) {
        return leaf.displayName();
    }

    @Test
    void aRenewalIsToldOnceAndTheFormerLeafIsJudgedNoMore() {
        assertThat(probe("A@1")).isEqualTo("A@1");
        for (int i = 0; i < 30; i++) {
            assertThat(probe("B@1")).isEqualTo("B@1");
        }
        assertThat(probe("C@1")).isEqualTo("C@1");
        assertThat(told).containsExactly("AB", "BC");
    }

    @Test
    void aRolloutOverAddressesIsOneChange() {
        probe("A@1 A@2 A@3");
        assertThat(probe("A@1 B@2 A@3")).isEqualTo("A@1 B@2 A@3");
        probe("B@1 B@2 A@3");
        probe("B@1 B@2 B@3");
        assertThat(told).containsExactly("AB");
    }

    @Test
    void membersThatTakeTurnsAreAllJudgedAndNoChangeIsToldForEachTurn() {
        probe("A@1");
        probe("B@1");
        assertThat(probe("A@1")).isEqualTo("A@1 B@1");
        Random random = new Random(5);
        int last = 0;
        int same = 0;
        for (int i = 0; i < 500; i++) {
            int next = random.nextInt(2);
            same = next == last ? same + 1 : 1;
            last = next;
            if (same > SeenCertificates.PROBES_REMEMBERED) {
                continue;
            }
            assertThat(probe(next == 0 ? "A@1" : "B@1")).contains("A@1", "B@1");
        }
        assertThat(told).containsExactly("AB");
    }

    @Test
    void turnsEndWhenOneHasNotBeenSeenForLong() {
        probe("A@1");
        probe("B@1");
        probe("A@1");
        String judged = "";
        for (int i = 0; i <= SeenCertificates.PROBES_REMEMBERED; i++) {
            judged = probe("B@1");
        }
        assertThat(judged).isEqualTo("B@1");
        assertThat(told).containsExactly("AB");
    }

    @Test
    void aRenewalTakenBackIsToldWhenItIsSure() {
        probe("A@1");
        probe("B@1");
        for (int i = 0; i < SeenCertificates.PROBES_REMEMBERED; i++) {
            assertThat(probe("A@1")).isEqualTo("A@1 B@1");
        }
        assertThat(told).containsExactly("AB");
        assertThat(probe("A@1")).isEqualTo("A@1");
        assertThat(told).containsExactly("AB", "BA");
    }

    @Test
    void anAddressThatFailsKeepsWhatItShowed() {
        probe("A@1 B@2");
        for (int i = 0; i < 30; i++) {
            assertThat(probe("A@1 !2")).isEqualTo("A@1 B@2");
        }
        // back again, and not as a new member
        assertThat(probe("A@1 B@2")).isEqualTo("A@1 B@2");
        assertThat(probe("A@1 C@2")).isEqualTo("A@1 C@2");
        // the address is no longer one of the name's
        assertThat(probe("A@1")).isEqualTo("A@1");
        assertThat(told).containsExactly("BC");
    }

    @Test
    void addressesThatTheNameServiceGivesInTurnAreMembersToo() {
        probe("A@1");
        probe("B@2");
        assertThat(probe("A@1")).isEqualTo("A@1 B@2");
        assertThat(told).containsExactly("AB");
    }

    @Test
    void anAddressTakenOutOfTheNameServiceIsNoChange() {
        probe("A@1 C@2");
        probe("A@1 D@2");
        for (int i = 0; i < 30; i++) {
            assertThat(probe("A@1")).isEqualTo("A@1");
        }
        assertThat(told).containsExactly("CD");
    }

    @Test
    void aFileHoldsWhatItHoldsAndABundleHasNoLeaf() {
        List<Inspection> files = leaves(Kind.FILE);
        for (String probe : List.of("A@f", "B@f", "A@f", "B@f")) {
            assertThat(probe(probe, files)).isEqualTo(probe);
        }
        assertThat(told).containsExactly("AB", "BA", "AB");
        told.clear();
        SeenCertificates bundles = new SeenCertificates();
        List<Inspection> authorities = leaves(Kind.BUNDLE);
        for (int i : new int[] {0, 1, 0}) {
            assertThat(bundles.onProbe(TARGET, List.of(authorities.get(i)), List.of(), Pki.NOW)
                            .changes())
                    .isEmpty();
        }
    }

    @Test
    void whatIsRememberedIsBounded() {
        List<X509Bundle> many = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            many.add(Pki.leaf("L" + i, ROOT, Duration.ofDays(50 + i)));
        }
        List<Inspection> judged = List.of();
        for (X509Bundle leaf : many) {
            judged = seenCertificates
                    .onProbe(TARGET, Arrays.asList(inspect(leaf, "1", Kind.SERVED)), List.of(), Pki.NOW)
                    .judged();
        }
        assertThat(judged).hasSize(1);
        judged = seenCertificates
                .onProbe(TARGET, List.of(inspect(many.get(58), "1", Kind.SERVED)), List.of(), Pki.NOW)
                .judged();
        assertThat(judged).hasSizeLessThanOrEqualTo(SeenCertificates.PROBES_REMEMBERED + 2);
    }
}
