package dev.pgpool.core.advice;

import dev.pgpool.core.stats.PoolKey;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a pooler has seen of one pool in a window, and what follows from it.
 *
 * @param pool its name
 * @param window how far back this looks
 * @param observed for how long the pool was seen within the window
 * @param size its {@code maxConnections} now; 0 for no limit
 * @param verdict what is to be said of that size
 * @param remarks what is worth knowing beside it
 * @param sizes sizes that would have been enough
 * @param servers how many servers were in use
 * @param clients how many clients there were
 * @param waits how clients waited
 * @param work what servers did
 */
public record PoolAdvice(
        PoolKey pool,
        AdviceWindow window,
        Duration observed,
        int size,
        Verdict verdict,
        Set<Remark> remarks,
        Sizes sizes,
        Servers servers,
        Clients clients,
        Waits waits,
        Work work) {
    public PoolAdvice {
        remarks = remarks.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(remarks));
    }

    /**
     * Sizes that would have been enough. Clients are taken to ask as they did: those that wait for an answer before they ask
     * again would have asked sooner. Empty if {@link Verdict#NOT_ENOUGH_SEEN}.
     *
     * @param for99 at which 99 % of the waits would have vanished; without waits, the most servers that were in use at once
     * @param for999 the same for 99.9 %
     * @param possible the most that PostgreSQL and shared limits leave to this pool; empty if nothing is known of it
     */
    public record Sizes(OptionalInt for99, OptionalInt for999, OptionalInt possible) {}

    /**
     * Servers in use at once, as looks ten times a second have found them.
     *
     * @param mean on the average
     * @param median half of the time there were no more
     * @param p99 99 % of the time there were no more
     * @param peak the most, also between two looks; with several event loops the sum of what each has had within a tenth of a
     *     second, which may be a little more
     * @param idleShare the part of the time in which a server was idle, 0 to 1
     * @param shortShare the part of the time in which none was idle while clients waited, 0 to 1
     */
    public record Servers(double mean, int median, int p99, int peak, double idleShare, double shortShare) {}

    /**
     * Clients that were logged in.
     *
     * @param median half of the time there were no more
     * @param peak the most, as looks have found them
     * @param peakDemand the most that had a server or waited for one at once, also between two looks
     */
    public record Clients(int median, int peak, int peakDemand) {}

    /**
     * Waits of clients for servers.
     *
     * @param count how many began because all servers were in use
     * @param forConnects how many began while a server was being made
     * @param total time of those that ended with a server
     * @param median half of these took no longer
     * @param p99 99 % of these took no longer
     * @param max the longest of these
     */
    public record Waits(long count, long forConnects, Duration total, Duration median, Duration p99, Duration max) {}

    /**
     * What went on in transactions, and what servers in use did while clients waited, or at all if none did.
     *
     * @param transactions how many have ended
     * @param transactionMedian half of them took no longer
     * @param transactionP99 99 % of them took no longer
     * @param idleTime the time in transactions that have ended, less that in which servers worked
     * @param idleShare the part of the servers that waited for their client in a transaction, 0 to 1
     * @param longShare the part that worked in a transaction of more than a second
     * @param keptShare the part that a client kept outside of a transaction
     */
    public record Work(
            long transactions,
            Duration transactionMedian,
            Duration transactionP99,
            Duration idleTime,
            double idleShare,
            double longShare,
            double keptShare) {}

    /** The advice in words, a line for each thing to say; figures included. */
    public List<String> text() {
        return AdviceText.of(this);
    }
}
