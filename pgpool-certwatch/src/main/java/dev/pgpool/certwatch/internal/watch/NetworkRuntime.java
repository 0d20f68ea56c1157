package dev.pgpool.certwatch.internal.watch;

import dev.pgpool.certwatch.config.AddressResolver;
import dev.pgpool.certwatch.config.CertWatchConfig;
import dev.pgpool.certwatch.internal.judge.TrustCache;
import dev.pgpool.certwatch.internal.probe.BlockingCalls;
import dev.pgpool.certwatch.internal.probe.NamedThreads;
import dev.pgpool.certwatch.internal.probe.Prober;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.time.Clock;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Threads of a watch, made at its start: one event loop for all connections; for each processor one for handshakes and one
 * for inspections; up to 64 for calls that block; one for the timeline.
 */
final class NetworkRuntime implements WatchRuntime {

    private static final long CLOSE_MILLIS = 5_000;

    private final CertWatchConfig config;
    private final Clock clock;
    private final AddressResolver resolver;
    private volatile @Nullable Running running;
    private volatile long lagNanos;

    private record Running(
            Timeline timeline,
            EventLoopGroup loops,
            EventExecutorGroup crypto,
            ThreadPoolExecutor workers,
            BlockingCalls blocking,
            Prober prober,
            TargetChecker checker) {}

    /** @throws IllegalStateException if the jars of Netty on the class path do not go together */
    NetworkRuntime(CertWatchConfig config, Clock clock, AddressResolver resolver) {
        NettyVersions.check();
        this.config = config;
        this.clock = clock;
        this.resolver = resolver;
    }

    @Override
    @SuppressWarnings("deprecation") // the group that Netty 4.1 and 4.2 both have
    public void start() {
        EventLoopGroup loops = new NioEventLoopGroup(1, NamedThreads.named("certwatch-net"));
        int processors = Runtime.getRuntime().availableProcessors();
        EventExecutorGroup crypto = new DefaultEventExecutorGroup(processors, NamedThreads.named("certwatch-tls"));
        ThreadPoolExecutor workers = new ThreadPoolExecutor(
                processors,
                processors,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                NamedThreads.named("certwatch-work"));
        workers.allowCoreThreadTimeOut(true);
        BlockingCalls blocking = new BlockingCalls();
        Prober prober = new Prober(config.probing(), clock, resolver, loops, crypto, blocking);
        TargetChecker checker = new ProbingChecker(
                config.judging(),
                clock,
                prober,
                new TrustCache(blocking),
                workers,
                blocking,
                config.probing().deadline());
        running = new Running(new ThreadTimeline(), loops, crypto, workers, blocking, prober, checker);
    }

    private Running running() {
        Running now = running;
        if (now == null) {
            throw new IllegalStateException("not started");
        }
        return now;
    }

    @Override
    public Timeline timeline() {
        return running().timeline();
    }

    @Override
    public TargetChecker checker() {
        return running().checker();
    }

    @Override
    public void onLag(long nanos) {
        lagNanos = Math.max(0, nanos);
    }

    @Override
    public long lagNanos() {
        return lagNanos;
    }

    @Override
    public void close() {
        Running ending = running();
        ending.timeline().close();
        ending.prober().stop(CLOSE_MILLIS);
        ending.loops()
                .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_MILLIS);
        // After the loop: what the channels' ends have to say goes by there.
        ending.crypto()
                .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_MILLIS);
        ending.workers().shutdownNow();
        ending.blocking().close();
        ending.prober().close();
    }
}
