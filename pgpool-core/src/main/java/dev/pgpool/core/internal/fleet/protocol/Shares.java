package dev.pgpool.core.internal.fleet.protocol;

import java.util.Comparator;
import java.util.List;

/**
 * Divides servers among members: the smallest share is as large as it can be (max-min), in proportion to weights, and none is
 * larger than the demand as long as there is demand elsewhere. All members that know the same come to the same result.
 *
 * <p>What can't be divided goes to those with the lowest tickets. What no member demands stays with those that have it.
 */
final class Shares {
    /** What one member may claim. */
    static final class Claim {
        final int pid;
        final int weight;
        final int ticket;
        final int demand;
        final int held;
        int share;
        boolean settled;

        Claim(int pid, int weight, int ticket, int demand, int held) {
            this.pid = pid;
            this.weight = weight;
            this.ticket = ticket;
            this.demand = demand;
            this.held = held;
        }

        boolean isShort() {
            return share < demand;
        }
    }

    private static final Comparator<Claim> BY_TICKET =
            Comparator.<Claim>comparingInt(claim -> claim.ticket).thenComparingInt(claim -> claim.pid);

    private Shares() {}

    /** Sets the share of each claim. */
    static void divide(List<Claim> claims, int servers) {
        int left = Math.max(0, servers);
        boolean more = true;
        while (more) {
            more = false;
            long weights = weights(claims);
            int round = left;
            for (Claim claim : claims) {
                // those that the present level serves in full
                if (!claim.settled && (long) claim.demand * weights <= (long) round * claim.weight) {
                    claim.share = claim.demand;
                    claim.settled = true;
                    left -= claim.demand;
                    more = true;
                }
            }
        }
        left -= level(claims, left);
        List<Claim> inOrder = claims.stream().sorted(BY_TICKET).toList();
        for (Claim claim : inOrder) {
            if (left > 0 && claim.isShort()) {
                claim.share++;
                left--;
            }
        }
        for (Claim claim : inOrder) {
            int kept = Math.min(left, Math.max(0, claim.held - claim.share));
            claim.share += kept;
            left -= kept;
        }
    }

    private static int level(List<Claim> claims, int servers) {
        long weights = weights(claims);
        int given = 0;
        for (Claim claim : claims) {
            if (!claim.settled) {
                claim.share = (int) ((long) servers * claim.weight / weights);
                given += claim.share;
            }
        }
        return given;
    }

    private static long weights(List<Claim> claims) {
        return claims.stream()
                .filter(claim -> !claim.settled)
                .mapToLong(claim -> claim.weight)
                .sum();
    }
}
