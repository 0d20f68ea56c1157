package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.internal.wire.FuzzCorpus;
import dev.pgpool.core.stats.CloseReason;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;

/**
 * Hostile clients and hostile servers: whatever they send, nothing but their own connection suffers, and what is held for
 * them is no more than they sent. Unreleased buffers fail the class.
 */
class SessionFuzz {

    private static final int ROUNDS = 600;
    private static final int ROUNDS_PER_RIG = 50;

    @Test
    void nonsenseFromAClientHurtsNobodyElse() {
        List<byte[]> corpus = FuzzCorpus.of("frontend").stream()
                .filter(input -> input.length < 8_000)
                .toList();
        fuzz((rig, round) -> {
            Rig.Client hostile = rig.login();
            send(rig, hostile, FuzzCorpus.mutant(corpus, rig.random));
            hostile.vanish();
        });
    }

    @Test
    void nonsenseBeforeLoginHurtsNobodyElse() {
        byte[] startup = Frontend.startup(Frontend.PROTOCOL_3_2, "user", "app", "database", "app");
        byte[] options = Frontend.startup(Frontend.PROTOCOL_3_0, "user", "app", "database", "app", "options", "-c a=b");
        List<byte[]> corpus = List.of(
                startup,
                options,
                Frontend.sslRequest(),
                Frontend.gssEncRequest(),
                Frontend.cancelRequest(1, new byte[4]),
                Frontend.password("secret"),
                "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                Frontend.query("SELECT 1"));
        fuzz((rig, round) -> {
            Rig.Client hostile = rig.connect();
            send(rig, hostile, FuzzCorpus.mutant(corpus, rig.random));
            hostile.vanish();
        });
    }

    @Test
    void nonsenseFromAServerHurtsNobodyElse() {
        List<byte[]> corpus = FuzzCorpus.of("backend");
        List<byte[]> requests = List.of(
                Frontend.query("HANG"),
                Frontend.query("COPY IN"),
                RigBytes.join(Frontend.parse("s", "SELECT 1"), Frontend.bind("", "s", List.of()), Frontend.sync()),
                RigBytes.join(Frontend.parse("", "HANG"), Frontend.flush()));
        fuzz((rig, round) -> {
            Rig.Client victim = rig.login();
            boolean idle = rig.random.nextInt(4) == 0;
            if (!idle) {
                rig.servers.forEach(server -> server.answering = false);
                victim.say(requests.get(rig.random.nextInt(requests.size())));
            }
            for (Rig.Server server : rig.servers) {
                if (server.isOpen()) {
                    send(rig, server, FuzzCorpus.mutant(corpus, rig.random));
                    server.vanish();
                }
            }
            victim.vanish();
        });
    }

    /** In random pieces. */
    private static void send(FuzzRig rig, Rig.End end, byte[] bytes) {
        rig.input = bytes;
        end.send(bytes);
        int pieces = rig.random.nextInt(6);
        for (int i = 0; i < pieces && end.canDeliver(); i++) {
            end.deliver(1 + rig.random.nextInt(bytes.length));
        }
        rig.settle();
        if (end instanceof Rig.Client client) {
            assertThat(client.connection.in().heldBytes()).isLessThanOrEqualTo(bytes.length);
        }
    }

    private static final class FuzzRig extends Rig {
        final Random random;
        byte[] input = new byte[0];

        FuzzRig(Random random) {
            super(2, 2);
            this.random = random;
        }
    }

    private static void fuzz(ObjIntConsumer<FuzzRig> attack) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int round = 0;
        while (round < ROUNDS) {
            try (FuzzRig rig = new FuzzRig(random)) {
                for (int i = 0; i < ROUNDS_PER_RIG; i++, round++) {
                    attack.accept(rig, round);
                    int which = round;
                    assertThat(normal(rig))
                            .as(() -> "seed " + seed + ", round " + which + ", after "
                                    + HexFormat.of().formatHex(rig.input))
                            .containsExactly(
                                    "RowDescription",
                                    "DataRow SELECT 1",
                                    "CommandComplete SELECT 1",
                                    "ReadyForQuery I");
                    assertThat(rig.closeReasons).doesNotContain(CloseReason.INTERNAL_ERROR);
                    assertThat(rig.allReceived())
                            .as("XX000 is a bug of ours")
                            .noneMatch(line -> line.contains("XX000 internal error"));
                    rig.forgetTheDead();
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
    }

    /** The query of another client goes through as if nothing had happened. */
    private static List<String> normal(FuzzRig rig) {
        rig.settle();
        rig.servers.forEach(server -> server.answering = true);
        rig.settle();
        Rig.Client other = rig.login();
        List<String> answer = other.say(Frontend.query("SELECT 1"));
        other.vanish();
        return answer;
    }
}
