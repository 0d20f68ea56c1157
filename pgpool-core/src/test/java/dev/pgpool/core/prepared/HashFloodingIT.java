package dev.pgpool.core.prepared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.ScriptedServer;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.WireClient;
import java.io.ByteArrayOutputStream;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A client that chooses its names so that they collide costs the event loop that it shares no more than any other. */
@Tag("once")
class HashFloodingIT {
    private static final int NAMES = 20_000;
    private static final int ROUNDS = 3;

    /** Each pair of letters is one of two with the same value of {@code 31 * first + second}. */
    private static String crafted(int number) {
        StringBuilder name = new StringBuilder();
        for (int bit = 0; bit < 15; bit++) {
            name.append((number >> bit & 1) == 1 ? "Aa" : "BB");
        }
        return name.toString();
    }

    private static String ordinary(int number) {
        return String.format("an ordinary name, no. %08d", number);
    }

    private static byte[] parses(IntFunction<String> names) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < NAMES; i++) {
            bytes.writeBytes(Frontend.parse(names.apply(i), "SELECT 1"));
        }
        bytes.writeBytes(Frontend.sync());
        return bytes.toByteArray();
    }

    /** The fastest of some rounds: what else the machine does only adds to it. */
    private static long nanos(WireClient client, TestPooler pooler, byte[] parses) {
        long best = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            try (WireClient fresh = pooler.login()) {
                long begun = System.nanoTime();
                fresh.sendRaw(parses).readUntil('Z');
                best = Math.min(best, System.nanoTime() - begun);
            }
        }
        assertThat(client.value("SELECT 'served'")).isEqualTo("SELECT 'served'");
        return best;
    }

    @Test
    void craftedNamesOfStatementsCostWhatOthersCost() {
        byte[] crafted = parses(HashFloodingIT::crafted);
        byte[] ordinary = parses(HashFloodingIT::ordinary);
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.login();
                    session.serve();
                });
                TestPooler pooler = TestPooler.start(server, 2);
                WireClient other = pooler.login()) {
            nanos(other, pooler, ordinary);
            long ofOrdinary = nanos(other, pooler, ordinary);
            long ofCrafted = nanos(other, pooler, crafted);
            assertThat(ofCrafted)
                    .as("against %s ns for other names", ofOrdinary)
                    .isLessThan(4 * ofOrdinary);
        }
    }
}
