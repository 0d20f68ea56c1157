package dev.pgpool.core.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.internal.wire.StartupPacket.Cancel;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.internal.wire.StartupPacket.Startup;
import dev.pgpool.core.internal.wire.StartupPacket.Unintelligible;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartupPacketTest {

    private static final byte[] STARTUP = Frontend.startup(
            Frontend.PROTOCOL_3_2, "user", "u", "database", "d", "_pq_.x", "1", "application_name", "größe");

    @Test
    void isIncompleteAtEverySplitAndThenComplete() {
        for (byte[] packet : List.of(
                STARTUP, Frontend.sslRequest(), Frontend.gssEncRequest(), Frontend.cancelRequest(7, new byte[32]))) {
            for (int split = 0; split < packet.length; split++) {
                ByteBuf part = Unpooled.wrappedBuffer(packet, 0, split);
                assertThat(StartupPacket.decode(part)).isNull();
                assertThat(part.readableBytes()).as("nothing is consumed").isEqualTo(split);
            }
            ByteBuf whole = Unpooled.copiedBuffer(Unpooled.wrappedBuffer(packet), Unpooled.wrappedBuffer(new byte[3]));
            assertThat(StartupPacket.decode(whole)).isNotNull();
            assertThat(whole.readableBytes()).as("what follows is left").isEqualTo(3);
        }
    }

    @Test
    void startupTellsVersionParametersAndUnknownOptions() {
        assertThat(StartupPacket.decode(Unpooled.wrappedBuffer(STARTUP)))
                .isEqualTo(new Startup(
                        2,
                        Map.of("user", "u", "database", "d", "application_name", "größe"),
                        List.of("_pq_.x"),
                        List.of(
                                new Setting("user", "u"),
                                new Setting("database", "d"),
                                new Setting("application_name", RawText.of("größe")))));
    }

    @Test
    void parametersAreKeptByteByByteAndAsOftenAsTheyCome() {
        byte[] packet = Frontend.startup(Frontend.PROTOCOL_3_0, "user", "u", "a.b", "#", "a.b", "2");
        for (int i = 0; i < packet.length; i++) {
            packet[i] = packet[i] == '#' ? (byte) 0xfc : packet[i];
        }

        assertThat(StartupPacket.decode(Unpooled.wrappedBuffer(packet)))
                .isInstanceOfSatisfying(Startup.class, startup -> {
                    assertThat(startup.settings())
                            .containsExactly(
                                    new Setting("user", "u"), new Setting("a.b", "\u00fc"), new Setting("a.b", "2"));
                    assertThat(startup.parameters()).containsEntry("a.b", "2");
                });
    }

    @Test
    void cancelKeysMayHaveUpTo256Bytes() {
        byte[] key = new byte[256];
        new Random(1).nextBytes(key);

        StartupPacket packet = StartupPacket.decode(Unpooled.wrappedBuffer(Frontend.cancelRequest(-5, key)));

        assertThat(packet).isInstanceOfSatisfying(Cancel.class, cancel -> {
            assertThat(cancel.processId()).isEqualTo(-5);
            assertThat(cancel.secret()).isEqualTo(key);
            assertThat(cancel.toString()).as("no secret").isEqualTo("Cancel[processId=-5]");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 257, 9_000})
    void cancelKeysOfOtherLengthsAreNone(int length) {
        assertThat(StartupPacket.decode(Unpooled.wrappedBuffer(Frontend.cancelRequest(1, new byte[length]))))
                .isEqualTo(new Unintelligible("length of a cancel request"));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 7, 10_001, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void impossibleLengthIsNoticedBeforeTheRestHasCome(int length) {
        assertThat(StartupPacket.decode(Unpooled.buffer().writeInt(length)))
                .isEqualTo(new Unintelligible("length " + length));
    }

    @Test
    void otherMajorVersionsAreRefused() {
        assertThatThrownBy(() -> StartupPacket.decode(Unpooled.wrappedBuffer(Frontend.startup(2 << 16, "user", "u"))))
                .isInstanceOfSatisfying(
                        WireViolation.class, e -> assertThat(e.error()).isEqualTo(PoolerError.UNSUPPORTED_PROTOCOL));
    }

    @Test
    void mutantsAreRefusedOrDecodedAndNothingElse() {
        Random random = new Random();
        for (int i = 0; i < 50_000; i++) {
            byte[] packet = FuzzCorpus.mutant(
                    List.of(STARTUP, Frontend.sslRequest(), Frontend.cancelRequest(1, new byte[4])), random);
            ByteBuf in = Unpooled.wrappedBuffer(packet);
            try {
                StartupPacket decoded = StartupPacket.decode(in);
                if (decoded == null) {
                    assertThat(in.readerIndex()).isZero();
                }
            } catch (WireViolation e) {
                assertThat(e.detail()).isNotEmpty();
            } catch (RuntimeException e) {
                throw new AssertionError(Arrays.toString(packet), e);
            }
        }
    }
}
