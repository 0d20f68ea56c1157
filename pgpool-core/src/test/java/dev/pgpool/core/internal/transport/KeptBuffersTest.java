package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.LogCapture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.PreferHeapByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeptBuffersTest {
    /** 2 KB. */
    private static final int SIZE = 3;

    private final ByteBufAllocator allocator = Buffers.allocator();
    private final KeptBuffers kept = new KeptBuffers(false);
    private final Level before = ResourceLeakDetector.getLevel();

    @BeforeEach
    void withoutLeakDetection() {
        ResourceLeakDetector.setLevel(Level.DISABLED);
    }

    @AfterEach
    void asBefore() {
        kept.release();
        ResourceLeakDetector.setLevel(before);
    }

    @Test
    void bufferThatWasReleasedIsHandedOutAgainAndEmpty() {
        ByteBuf first = take();
        first.writeInt(7).readByte();
        first.release();
        assertThat(first.refCnt()).as("kept").isEqualTo(KeptBuffers.OWN);

        ByteBuf second = take();

        assertThat(second).isSameAs(first);
        assertThat(second.capacity()).isEqualTo(2_048);
        assertThat(second.readableBytes()).isZero();
        assertThat(second.readerIndex()).isZero();
        second.release();
    }

    @Test
    void bufferWhoseBytesAreHeldIsNotHandedOut() {
        ByteBuf read = take().writeInt(7);
        ByteBuf held = read.readRetainedSlice(4);
        read.release();

        ByteBuf next = take();

        assertThat(next).isNotSameAs(read);
        next.writeInt(8).release();
        assertThat(held.readInt()).isEqualTo(7);
        held.release();
    }

    @Test
    void whatWasHeldIsUsedAgainWhenItHasGone() {
        List<ByteBuf> held = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            held.add(take());
        }
        held.forEach(ByteBuf::release);
        assertThat(held).as("kept").allMatch(buffer -> buffer.refCnt() == KeptBuffers.OWN);

        ByteBuf again = take();

        assertThat(held).contains(again);
        again.release();
    }

    @Test
    void noMoreIsKeptThanTheBoundHoweverManyAreHeldAtOnce() {
        List<ByteBuf> taken = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            taken.add(take());
        }
        taken.forEach(ByteBuf::release);

        long left = taken.stream()
                .filter(buffer -> buffer.refCnt() > 0)
                .distinct()
                .mapToLong(ByteBuf::capacity)
                .sum();

        assertThat(left).isPositive().isLessThanOrEqualTo(KeptBuffers.KEPT_BYTES);
    }

    @Test
    void bufferThatHasGrownIsLetGo() {
        ByteBuf grown = take();
        grown.writeZero(10_000).release();

        ByteBuf next = take();

        assertThat(next.capacity()).isEqualTo(2_048);
        next.release();
    }

    @Test
    void bufferThatGrewWhileItWasFilledIsLetGoAsSoonAsItIsSent() {
        ByteBuf grown = take();
        grown.writeZero(1_000_000);

        kept.outgrown(grown, SIZE);

        assertThat(grown.refCnt()).isEqualTo(1);
        grown.release();
        assertThat(grown.refCnt()).isZero();
    }

    @Test
    void bufferThatIsReleasedOnceTooOftenIsNotHandedOutAgain() {
        try (LogCapture log = LogCapture.everything()) {
            ByteBuf wronged = take();
            wronged.release();
            wronged.release();

            ByteBuf next = take();

            assertThat(next).isNotSameAs(wronged);
            assertThat(log.lines()).anyMatch(line -> line.startsWith("ERROR"));
            next.release();
        }
    }

    @Test
    void onlyDirectBuffersAreKept() {
        ByteBuf heap = kept.take(new PreferHeapByteBufAllocator(allocator), SIZE);
        heap.release();

        assertThat(heap.refCnt()).isZero();
        ByteBuf next = take();
        assertThat(next.isDirect()).isTrue();
        next.release();
    }

    @ParameterizedTest
    @EnumSource(names = {"ADVANCED", "PARANOID"})
    void buffersAreNotKeptAtLevelsThatWatchAllOfThem(Level level) {
        ByteBuf unwatched = take();
        unwatched.release();
        ResourceLeakDetector.setLevel(level);

        ByteBuf watched = take();

        assertThat(watched).isNotSameAs(unwatched);
        watched.release();
        assertThat(watched.refCnt()).isZero();
    }

    @Test
    void buffersAreNotKeptIfTheHostHasAskedForSamples() {
        ResourceLeakDetector.setLevel(Level.SIMPLE);
        KeptBuffers asked = new KeptBuffers(true);

        ByteBuf buffer = asked.take(allocator, SIZE);
        buffer.release();

        assertThat(buffer.refCnt()).isZero();
    }

    @Test
    void buffersAreKeptWithTheSamplesThatAreNettysDefault() {
        ResourceLeakDetector.setLevel(Level.SIMPLE);
        int keptOnes = 0;
        // some may be samples
        for (int i = 0; i < 1_000; i++) {
            ByteBuf buffer = take();
            buffer.release();
            keptOnes += buffer.refCnt() / KeptBuffers.OWN;
        }

        assertThat(keptOnes).isGreaterThan(900);
    }

    @Test
    void endOfTheThreadReleasesWhatWasKept() throws InterruptedException {
        AtomicReference<ByteBuf> used = new AtomicReference<>();
        Thread loop = new DefaultThreadFactory("kept").newThread(() -> {
            ByteBuf buffer = KeptBuffers.ofThisLoop().take(allocator, SIZE);
            buffer.release();
            assertThat(buffer.refCnt()).isEqualTo(KeptBuffers.OWN);
            used.set(buffer);
        });
        loop.start();
        loop.join();

        assertThat(used.get()).isNotNull();
        assertThat(used.get().refCnt()).isZero();
    }

    private ByteBuf take() {
        return kept.take(allocator, SIZE);
    }
}
