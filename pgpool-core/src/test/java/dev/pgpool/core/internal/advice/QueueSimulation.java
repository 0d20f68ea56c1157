package dev.pgpool.core.internal.advice;

import dev.pgpool.core.advice.AdviceWindow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A pool with a fixed number of servers and clients that wait in a queue, in virtual time: looked at as a real lane is.
 */
final class QueueSimulation implements LaneWatch.Lane, LaneCounts {
    private static final long LENGTH = 300 * Load.SECONDS;
    private static final long TICK = 100 * Load.MILLIS;

    private record Event(long at, long order, int client, boolean answer) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    private static final class Client {
        final int id;
        final SplittableRandom dice;
        long waitingSince;
        long servedSince;
        long waited;

        Client(int id, SplittableRandom dice) {
            this.id = id;
            this.dice = dice;
        }
    }

    /** What a run has shown. */
    record Outcome(long requests, long waits, Tally tally) {}

    private final int servers;
    private final Load load;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<Client> clients = new ArrayList<>();
    private final ArrayDeque<Client> waiting = new ArrayDeque<>();
    private final List<Client> served = new ArrayList<>();
    private final TestDurations transactionTimes = new TestDurations();
    private final TestDurations waitTimes = new TestDurations();
    private final @Nullable LaneWatch watch;
    private final PoolWatch pool = new PoolWatch(1, 0, (busy, transactions) -> {});
    private long order;
    private long requests;
    private long waits;
    private long transactions;
    private long now;

    private QueueSimulation(int servers, Load load, long seed, boolean watched) {
        this.servers = servers;
        this.load = load;
        this.watch = watched ? new LaneWatch(pool, 0, this, 0) : null;
        SplittableRandom dice = new SplittableRandom(seed);
        for (int i = 0; i < load.clients(); i++) {
            Client client = new Client(i, dice.split());
            clients.add(client);
            ask(client, 0);
        }
    }

    /** What comes of a load in five minutes. */
    static Outcome run(int servers, Load load, long seed) {
        return new QueueSimulation(servers, load, seed, true).run(LENGTH);
    }

    /** How many must wait in five minutes. */
    static long waits(int servers, Load load, long seed) {
        return new QueueSimulation(servers, load, seed, false).run(LENGTH).waits;
    }

    private Outcome run(long length) {
        long tick = TICK;
        while (now < length) {
            Event event = events.poll();
            if (event == null) {
                throw new IllegalStateException("nobody asks any more");
            }
            while (watch != null && tick < event.at) {
                now = tick;
                watch.onTick(now, served.size(), servers - served.size(), waiting.size(), servers, clients.size());
                tick += TICK;
            }
            now = event.at;
            Client client = clients.get(event.client);
            if (event.answer) {
                answered(client);
            } else {
                asks(client);
            }
        }
        if (watch != null) {
            watch.onTick(now, served.size(), servers - served.size(), waiting.size(), servers, clients.size());
            watch.handOver(now);
        }
        return new Outcome(requests, waits, pool.sum(AdviceWindow.HOUR, now - 1));
    }

    private void ask(Client client, long answered) {
        events.add(new Event(load.pause().next(client.id, answered, client.dice), order++, client.id, false));
    }

    private void asks(Client client) {
        requests++;
        if (served.size() < servers) {
            client.waited = 0;
            serve(client);
            if (watch != null) {
                watch.used(served.size());
            }
            return;
        }
        waits++;
        long before = client.waitingSince;
        client.waitingSince = now;
        waiting.addLast(client);
        if (watch != null) {
            long delay = now - waiting.getFirst().waitingSince;
            watch.waits(false, served.size() + waiting.size(), now, before, delay);
        }
    }

    private void serve(Client client) {
        client.servedSince = now;
        served.add(client);
        events.add(new Event(now + load.service().applyAsLong(client.dice), order++, client.id, true));
    }

    private void answered(Client client) {
        served.remove(client);
        transactions++;
        transactionTimes.add(now - client.servedSince);
        Client next = waiting.pollFirst();
        if (next != null) {
            next.waited = now - next.waitingSince;
            waitTimes.add(next.waited);
            serve(next);
        }
        ask(client, now);
    }

    @Override
    public void describe(Need need, long nowNanos) {
        served.forEach(client -> need.inUse(nowNanos - client.servedSince, client.waited));
        waiting.forEach(client -> need.waiting(nowNanos - client.waitingSince));
    }

    @Override
    public void describe(Doings doings, int times, long nowNanos) {
        served.forEach(client -> doings.inUse(nowNanos - client.servedSince, false, times));
    }

    @Override
    public LaneCounts counts() {
        return this;
    }

    @Override
    public long transactions() {
        return transactions;
    }

    @Override
    public long waitNanos() {
        return waitTimes.total();
    }

    @Override
    public long transactionNanos() {
        return transactionTimes.total();
    }

    @Override
    public long queryNanos() {
        return transactionTimes.total();
    }

    @Override
    public Durations transactionTimes() {
        return transactionTimes;
    }

    @Override
    public Durations waitTimes() {
        return waitTimes;
    }
}
