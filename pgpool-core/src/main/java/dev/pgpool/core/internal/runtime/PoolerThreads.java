package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.InstanceConfig;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads of one pooler for one purpose, such as {@code pgpool-loop-1}. Those of Netty's kind, whose locals are arrays. */
final class PoolerThreads extends DefaultThreadFactory {
    private final String prefix;
    private final AtomicInteger made = new AtomicInteger();

    private PoolerThreads(String prefix, boolean daemon) {
        super(prefix, daemon);
        this.prefix = prefix;
    }

    /** @param purpose in one word */
    static ThreadFactory of(InstanceConfig pooler, String purpose) {
        return new PoolerThreads(pooler.name() + '-' + purpose, pooler.daemonThreads());
    }

    @Override
    protected Thread newThread(Runnable task, String numberedAmongAll) {
        return super.newThread(task, prefix + '-' + made.incrementAndGet());
    }
}
