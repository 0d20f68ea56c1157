package dev.pgpool.core.internal.fleet.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a member says of itself to the others; the application name of its control session has it as text.
 *
 * @param weight of its share
 * @param demand servers that its clients have or wait for
 * @param waiting clients that wait
 * @param ticket its place in the queue when there are more members than servers: lower ones come first
 */
public record PeerState(int weight, int demand, int waiting, int ticket) {
    /** Of a session that has not said anything yet. */
    public static final PeerState UNKNOWN = new PeerState(1, 0, 0, 0);

    private static final Pattern TEXT = Pattern.compile(".* w=(\\d{1,9}) d=(\\d{1,9}) q=(\\d{1,9}) t=(\\d{1,9})");

    /** What follows the name of the fleet. */
    public String text() {
        return " w=" + weight + " d=" + demand + " q=" + waiting + " t=" + ticket;
    }

    /** Reads the application name of a control session; one that says nothing of the kind has no demand. */
    public static PeerState parse(String applicationName) {
        Matcher text = TEXT.matcher(applicationName);
        if (!text.matches()) {
            return UNKNOWN;
        }
        return new PeerState(
                Math.max(1, Integer.parseInt(text.group(1))),
                Integer.parseInt(text.group(2)),
                Integer.parseInt(text.group(3)),
                Integer.parseInt(text.group(4)));
    }
}
