package dev.pgpool.core.internal.advice;

import java.util.SplittableRandom;

/**
 * How many servers would have been in use at an instant, had no client ever waited. What is seen at the instant is not that
 * number: where clients wait, those are still there who would have left long ago. So each one is asked how likely it would be
 * there still if it had got its server when it came, by the share of transactions that take so long; and the dice decide, so
 * that many instants together have the right spread. Clients that ask again when they have their answer would ask more often,
 * by {@link #pace}. There are never more than the clients that are there now.
 *
 * <p>One object for all instants. Confined to the event loop of its lane.
 */
public final class Need {
    /** Of what is known of the past, what the next instant leaves of it. */
    private static final double KEEP = 0.99;
    /** The dice are thrown for each one of fewer. */
    private static final int MANY = 256;

    private final SplittableRandom dice;
    private final Survival survival;
    private int present;
    private int staying;

    /** Sums over clients that had waited before, each new one worth a little more than those before. */
    private double cycles;

    private double delays;
    private double known;
    private double asked;
    private double stayed;
    private double left;

    Need(Survival survival, long seed) {
        this.survival = survival;
        this.dice = new SplittableRandom(seed);
    }

    void begin() {
        present = 0;
        staying = 0;
    }

    /**
     * A server is in use.
     *
     * @param age since its transaction has begun; negative if the client keeps it for another reason
     * @param waited how long its client had waited for it
     */
    public void inUse(long age, long waited) {
        present++;
        if (age < 0 || waited <= 0 || dice.nextDouble() < survival.of(age, waited)) {
            staying++;
        }
    }

    /** A client has been waiting for so long. */
    public void waiting(long age) {
        present++;
        if (dice.nextDouble() < survival.of(0, age)) {
            staying++;
        }
    }

    /** So many more, about which nothing is known, like those that wait for this long. */
    public void waiting(int more, long age) {
        present += more;
        staying += rounded(more * survival.of(0, age));
    }

    /**
     * A client begins to wait.
     *
     * @param cycle since it began to wait the last time; 0 if it never did
     * @param delay how long clients wait now
     */
    void pace(long cycle, long delay) {
        asked = asked * KEEP + 1;
        cycles *= KEEP;
        delays *= KEEP;
        known *= KEEP;
        if (cycle > 0) {
            cycles += cycle;
            delays += Math.min(delay, cycle);
            known++;
        }
    }

    /** Servers in use then. */
    int servers() {
        stayed = stayed * KEEP + staying;
        left = left * KEEP + present - staying;
        if (known == 0 || cycles == 0 || asked == 0 || left == 0) {
            return staying;
        }
        // of a client's time from one request to the next, this part is lost by waiting
        double lost = delays / cycles * (known / asked);
        if (lost >= 1) {
            return present;
        }
        double more = stayed * (1 / (1 - lost) - 1);
        return staying + some(present - staying, Math.min(1, more / left));
    }

    /** How many of so many, each with this chance. */
    private int some(int count, double chance) {
        if (count > MANY) {
            return rounded(count * chance);
        }
        int some = 0;
        for (int i = 0; i < count; i++) {
            if (dice.nextDouble() < chance) {
                some++;
            }
        }
        return some;
    }

    private int rounded(double value) {
        int whole = (int) Math.min(value, Integer.MAX_VALUE);
        return whole + (dice.nextDouble() < value - whole ? 1 : 0);
    }
}
