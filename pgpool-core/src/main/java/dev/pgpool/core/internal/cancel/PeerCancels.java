package dev.pgpool.core.internal.cancel;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.PeerConfig;
import dev.pgpool.core.config.PeersConfig;
import dev.pgpool.core.internal.hosts.HostResolver;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.transport.TcpOptions;
import dev.pgpool.core.internal.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards cancel requests to the pooler that they are for, where several are behind one address. The process id that a
 * client was given tells whose it is. All are positive and beyond the largest id that a process can have on Linux, since
 * applications hand them to functions like {@code pg_terminate_backend}:
 *
 * <pre>
 *   without peers    {@link #LARGEST_PROCESS_ID} + 1 + random
 *   with peers       {@link #LARGEST_PROCESS_ID} + 1 + (peer id - 1) * {@link #OF_EACH_PEER} + random below that
 *   forwarded        the same with the sign bit
 * </pre>
 *
 * <p>A request that was forwarded is not forwarded again, so that wrong addresses make no circle. Thread-safe.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html">pid_max: at most 2^22</a>
 */
public final class PeerCancels {
    /** PID_MAX_LIMIT of Linux; ids of other systems are smaller. */
    static final int LARGEST_PROCESS_ID = 1 << 22;

    private static final int MOST_PEERS = 16_383;
    private static final int DISTINCT = Integer.MAX_VALUE - LARGEST_PROCESS_ID;
    /** Clients that a pooler with peers can tell apart. */
    static final int OF_EACH_PEER = DISTINCT / MOST_PEERS;

    private static final int FORWARDED = 1 << 31;
    private static final Logger LOGGER = LoggerFactory.getLogger(PeerCancels.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final PeersConfig config;
    private final Transport transport;
    private final HostResolver resolver;
    private final CancelGate gate;
    private final Supplier<TcpOptions> tcp;

    /**
     * @param gate bounds how many requests are on their way
     * @param tcp what connections by TCP are told now
     */
    public PeerCancels(
            PeersConfig config, Transport transport, HostResolver resolver, CancelGate gate, Supplier<TcpOptions> tcp) {
        this.tcp = tcp;
        this.config = config;
        this.transport = transport;
        this.resolver = resolver;
        this.gate = gate;
    }

    /**
     * A process id for a client.
     *
     * @param peer the id of this pooler; 0 if it has no peers
     */
    public static int draw(int peer, Random random) {
        int first = LARGEST_PROCESS_ID + 1;
        return peer == 0
                ? first + random.nextInt(DISTINCT)
                : first + (peer - 1) * OF_EACH_PEER + random.nextInt(OF_EACH_PEER);
    }

    /** The pooler that gave the process id to a client of its own; 0 if none can have done so. */
    static int peerOf(int processId) {
        int above = asGiven(processId) - LARGEST_PROCESS_ID - 1;
        return above < 0 ? 0 : above / OF_EACH_PEER + 1;
    }

    /** The process id as the client was given it, whether the request has come from it or from a peer. */
    public static int asGiven(int processId) {
        return processId & ~FORWARDED;
    }

    /** Whether the request is for a client of another pooler, and has come from that client itself. */
    public boolean isForPeer(int processId) {
        return config.id() != 0 && (processId & FORWARDED) == 0 && peerOf(processId) != config.id();
    }

    /**
     * Sends the request on.
     *
     * @param done runs on the loop when the peer has dealt with it, or can't be reached
     */
    public void forward(EventLoop loop, int processId, byte[] secret, Runnable done) {
        PeerConfig peer = config.peers().get(peerOf(processId));
        if (peer == null) {
            // the number is made up, or a peer is missing here
            LogLine.info(LOGGER, "cancel request for an unknown peer")
                    .with("peer", peerOf(processId))
                    .write();
            done.run();
            return;
        }
        resolver.resolve(new HostConfig(peer.host(), peer.port()))
                .whenComplete((addresses, problem) -> loop.execute(() -> {
                    if (problem != null) {
                        failed(peer, problem, done);
                    } else {
                        new Forwarding(peer, loop, addresses.get(0), processId, secret, done).begin();
                    }
                }));
    }

    /** One request that is passed on to a peer. */
    private final class Forwarding implements CancelConnection.Sender {
        private final PeerConfig peer;
        private final CancelConnection connection;
        private final int processId;
        private final byte[] secret;
        private final Runnable done;

        Forwarding(
                PeerConfig peer, EventLoop loop, SocketAddress address, int processId, byte[] secret, Runnable done) {
            this.peer = peer;
            this.connection = new CancelConnection(
                    new CancelConnection.Means(transport, gate, tcp, TIMEOUT), loop, address, this);
            this.processId = processId;
            this.secret = secret;
            this.done = done;
        }

        void begin() {
            connection.begin();
        }

        @Override
        public void onConnected(Channel channel) {
            connection.send(processId | FORWARDED, secret);
        }

        @Override
        public void onFailed(String why, @Nullable Throwable cause) {
            warn(peer, why, cause);
        }

        @Override
        public void onOver() {
            done.run();
        }
    }

    private static void failed(PeerConfig peer, Throwable cause, Runnable done) {
        warn(peer, "no address", cause);
        done.run();
    }

    private static void warn(PeerConfig peer, String why, @Nullable Throwable cause) {
        LogLine.warn(LOGGER, "cancel request not forwarded")
                .with("peer", peer)
                .with("error", why)
                .cause(cause)
                .write();
    }
}
