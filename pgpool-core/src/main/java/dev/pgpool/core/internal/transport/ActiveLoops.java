package dev.pgpool.core.internal.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractEventExecutorGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loops of a pooler: a group whose next one is one of those that carry traffic, the first few. How many they are
 * follows the traffic ({@link LoopDemand}); where the system does not say how busy threads are, all do. Thread-safe, but for
 * {@link #onTick} and {@link #observe}.
 */
public final class ActiveLoops extends AbstractEventExecutorGroup implements EventLoopGroup, LoopTicker.Listener {
    /** Lets clients go from one event loop to another. */
    @FunctionalInterface
    public interface Mover {
        /** @param share of the clients that are there, 0 to 1 */
        void move(EventLoop from, EventLoop to, double share);
    }

    /** How often clients that could not leave an inactive loop are looked for again. */
    private static final long SWEEP_NANOS = 5_000_000_000L;

    /** Says {@value #ALL} where all are to carry traffic from the beginning, as tests of what happens between loops want it. */
    static final String PROPERTY = "pgpool.loops";

    static final String ALL = "all";

    private final EventLoopGroup group;
    private final List<EventLoop> loops;
    private final LoopDemand demand;
    private final LoopLoad load;
    private final AtomicInteger next = new AtomicInteger();
    private final boolean byNeed;
    private volatile int active;
    private volatile Mover mover = (from, to, share) -> {};
    private long sweptNanos;

    public ActiveLoops(EventLoopGroup group) {
        this.group = group;
        List<EventLoop> all = new ArrayList<>();
        group.forEach(executor -> all.add((EventLoop) executor));
        this.loops = List.copyOf(all);
        this.demand = new LoopDemand(loops.size());
        this.load = new LoopLoad(loops);
        this.byNeed = load.isKnown() && !System.getProperty(PROPERTY, "").equals(ALL);
        this.active = byNeed ? 1 : loops.size();
    }

    /** All of them. */
    public List<EventLoop> loops() {
        return loops;
    }

    /** How many carry traffic. */
    public int active() {
        return active;
    }

    /** Who moves clients; before the first tick. */
    public void mover(Mover by) {
        mover = by;
    }

    /** Called a few times a second, always on the same loop. */
    @Override
    public void onTick(long nowNanos) {
        if (loops.size() == 1 || !byNeed) {
            return;
        }
        long elapsed = load.look(nowNanos);
        if (elapsed > 0) {
            observe(elapsed, load.shares());
        }
        if (nowNanos - sweptNanos >= SWEEP_NANOS) {
            sweptNanos = nowNanos;
            for (int i = active; i < loops.size(); i++) {
                mover.move(loops.get(i), loops.get(0), 1);
            }
        }
    }

    /**
     * Does what follows from how busy the loops were.
     *
     * @param elapsedNanos for how long
     * @param shares of a core, for each loop
     */
    public void observe(long elapsedNanos, double[] shares) {
        LoopDemand.Move move = demand.observe(elapsedNanos, shares);
        active = byNeed ? demand.active() : loops.size();
        if (move != null) {
            mover.move(loops.get(move.from()), loops.get(move.to()), move.share());
        }
    }

    @Override
    public EventLoop next() {
        return loops.get(Math.floorMod(next.getAndIncrement(), active));
    }

    @Override
    public ChannelFuture register(Channel channel) {
        return next().register(channel);
    }

    @Override
    public ChannelFuture register(ChannelPromise promise) {
        return next().register(promise);
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        return next().register(channel, promise);
    }

    @Override
    public Iterator<EventExecutor> iterator() {
        return group.iterator();
    }

    @Override
    public boolean isShuttingDown() {
        return group.isShuttingDown();
    }

    @Override
    public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        return group.shutdownGracefully(quietPeriod, timeout, unit);
    }

    @Override
    public Future<?> terminationFuture() {
        return group.terminationFuture();
    }

    @Override
    @Deprecated
    public void shutdown() {
        group.shutdown();
    }

    @Override
    public boolean isShutdown() {
        return group.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return group.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return group.awaitTermination(timeout, unit);
    }
}
