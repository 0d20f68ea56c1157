package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.Test;

class BuffersTest {

    @Test
    void memoryIsNotTheHostsButOfTheSameKind() {
        assertThat(Buffers.allocator()).isNotSameAs(ByteBufAllocator.DEFAULT).hasSameClassAs(ByteBufAllocator.DEFAULT);
    }

    @Test
    void pooledMemoryIsTakenInSmallChunksForLoopsOnly() {
        PooledByteBufAllocator own = (PooledByteBufAllocator) Buffers.like(PooledByteBufAllocator.DEFAULT);

        assertThat(own).isNotSameAs(PooledByteBufAllocator.DEFAULT);
        assertThat(own.metric().chunkSize()).isEqualTo(1 << 20);
        assertThat(own.metric().usedDirectMemory()).isZero();
    }

    @Test
    void adaptiveMemoryIsAnotherInstance() {
        AdaptiveByteBufAllocator host = new AdaptiveByteBufAllocator();

        assertThat(Buffers.like(host))
                .isInstanceOf(AdaptiveByteBufAllocator.class)
                .isNotSameAs(host);
    }

    @Test
    void hostThatWantsNoPoolGetsNone() {
        assertThat(Buffers.like(UnpooledByteBufAllocator.DEFAULT)).isSameAs(UnpooledByteBufAllocator.DEFAULT);
    }

    @Test
    void connectionsThatAreMadeOrAcceptedReadIntoIt() {
        assertThat(Buffers.applyTo(new Bootstrap()).config().options())
                .containsEntry(ChannelOption.ALLOCATOR, Buffers.allocator())
                .containsEntry(Buffers.READ_BY, Buffers.reads());
        assertThat(Buffers.applyToAccepted(new ServerBootstrap()).config().childOptions())
                .containsEntry(ChannelOption.ALLOCATOR, Buffers.allocator())
                .containsEntry(Buffers.READ_BY, Buffers.reads());
    }
}
