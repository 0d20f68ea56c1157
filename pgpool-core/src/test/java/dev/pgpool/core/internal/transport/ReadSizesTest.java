package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // the type that Netty 4.1 and 4.2 both have
class ReadSizesTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final RecvByteBufAllocator.Handle reads = new ReadSizes().newHandle();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void filledBufferMakesTheNextOneOfTheSameRoundMuchLarger() {
        reads.reset(channel.config());
        read(2_048);

        assertThat(reads.guess()).isEqualTo(32_768);
    }

    @Test
    void noBufferIsLargerThanTheLargestSize() {
        reads.reset(channel.config());
        for (int i = 0; i < 10; i++) {
            read(reads.guess());
        }

        assertThat(reads.guess()).isEqualTo(65_536);
    }

    @Test
    void twoSmallReadsMakeTheNextOneSmaller() {
        round(100);
        assertThat(reads.guess()).isEqualTo(2_048);

        round(100);
        assertThat(reads.guess()).isEqualTo(1_024);
    }

    @Test
    void smallReadsEndAtTheSmallestSize() {
        for (int i = 0; i < 100; i++) {
            round(10);
        }

        assertThat(reads.guess()).isEqualTo(KeptBuffers.SMALLEST);
    }

    @Test
    void readsThatFitChangeNothing() {
        for (int i = 0; i < 100; i++) {
            round(1_500);
        }

        assertThat(reads.guess()).isEqualTo(2_048);
    }

    @Test
    void oneConnectionMayReadSeveralTimesInARow() {
        reads.reset(channel.config());
        read(reads.guess());
        reads.incMessagesRead(1);

        assertThat(reads.continueReading()).isTrue();
    }

    private void round(int bytes) {
        reads.reset(channel.config());
        read(bytes);
        reads.readComplete();
    }

    private void read(int bytes) {
        reads.attemptedBytesRead(reads.guess());
        reads.lastBytesRead(bytes);
    }
}
