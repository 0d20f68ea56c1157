package dev.pgpool.core.internal.embedded;

import dev.pgpool.core.internal.transport.InProcess;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.ConnectException;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Where the host's own clients come in, while the pooler runs. Thread-safe. */
public final class Entrance {
    private final Set<InProcessChannel> channels = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private volatile @Nullable Pooler pooler;
    /** Also when no client is let in any more. */
    private volatile @Nullable EventLoopGroup loops;

    /** What clients are joined to. */
    private record Pooler(EventLoopGroup loops, ChannelHandler clients, Cleaner cleaner) {}

    /**
     * Lets clients in.
     *
     * @param clients what a new client's pipeline begins with
     */
    public void open(EventLoopGroup loops, ChannelHandler clients) {
        this.loops = loops;
        pooler = new Pooler(loops, clients, Cleaner.create());
    }

    /**
     * The host's end of a new connection. It is connected at once: whether the client may log in is told by messages.
     *
     * @param check says whether it may log in to a database, the first, as a user; null if it may be any
     * @throws ConnectException if the pooler is not running
     */
    public Socket connect(@Nullable BiPredicate<String, String> check) throws IOException {
        Pooler known = pooler;
        if (known == null) {
            throw new ConnectException("the pooler is not running");
        }
        refuseEventLoops();
        InProcessChannel channel = new InProcessChannel(this, new ConnectionId(numbers.incrementAndGet()));
        if (check != null) {
            channel.attr(InProcess.CHECK).set(check);
        }
        channel.pipeline().addLast(known.clients);
        channels.add(channel);
        // an event loop that has ended closes it
        var unused = known.loops.register(channel);
        if (pooler == null) {
            channel.crossing().closeByPooler();
        }
        return new CallerSocket(channel.crossing(), known.cleaner);
    }

    /** An event loop that waits for a client of the pooler may wait for itself, or for one that waits for it. */
    void refuseEventLoops() throws EventLoopException {
        EventLoopGroup known = loops;
        if (known == null) {
            return;
        }
        for (EventExecutor loop : known) {
            if (loop.inEventLoop()) {
                throw new EventLoopException();
            }
        }
    }

    void left(InProcessChannel channel) {
        channels.remove(channel);
    }

    /** Lets no client in any more. */
    public void shut() {
        pooler = null;
    }

    /** Closes the clients of an event loop that ends; there. */
    public void closeAllOf(EventLoop loop) {
        for (InProcessChannel channel : channels) {
            if (channel.isRegistered() && channel.eventLoop() == loop) {
                channel.unsafe().close(channel.unsafe().voidPromise());
            }
        }
    }

    /** All event loops have ended: wakes threads whose connections no event loop has closed. */
    public void close() {
        shut();
        channels.forEach(channel -> channel.crossing().closeByPooler());
        channels.clear();
    }
}
