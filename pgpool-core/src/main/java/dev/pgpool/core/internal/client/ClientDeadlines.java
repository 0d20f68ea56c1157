package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.transport.LoopTicker;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The clients of one event loop that have a deadline: to log in, or to ask for something. Confined to that loop. */
public final class ClientDeadlines implements LoopTicker.Listener {
    private volatile long timeoutNanos;
    /** Since when clients log in. */
    private final Map<ClientSession, Long> logins = new HashMap<>();

    private final IdleClients idle = new IdleClients();
    private Map<EventLoop, ClientDeadlines> all = Map.of();

    public ClientDeadlines(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
    }

    /** How long clients may take to log in from now on, also clients in the middle of it; from any thread. */
    public void loginTimeout(long nanos) {
        timeoutNanos = nanos;
    }

    /** Makes the deadlines of all event loops known to these; before anything else happens. */
    void join(Map<EventLoop, ClientDeadlines> ofAllLoops) {
        all = ofAllLoops;
    }

    /** The deadlines of the event loop that a client goes to. */
    ClientDeadlines on(EventLoop loop) {
        return all.getOrDefault(loop, this);
    }

    /** The clients that have logged in and may be idle for a limited time only. */
    IdleClients idle() {
        return idle;
    }

    /** Login begins; gives the time since when, in case the client goes to another event loop. */
    long add(ClientSession session) {
        long now = System.nanoTime();
        add(session, now);
        return now;
    }

    void add(ClientSession session, long sinceNanos) {
        logins.put(session, sinceNanos);
    }

    void remove(ClientSession session) {
        logins.remove(session);
    }

    @Override
    public void onTick(long nowNanos) {
        if (!logins.isEmpty()) {
            long timeout = timeoutNanos;
            List<ClientSession> late = new ArrayList<>();
            logins.forEach((session, since) -> {
                if (nowNanos - since >= timeout) {
                    late.add(session);
                }
            });
            for (ClientSession session : late) {
                logins.remove(session);
                session.onLoginTimeout();
            }
        }
        idle.onTick(nowNanos);
    }
}
