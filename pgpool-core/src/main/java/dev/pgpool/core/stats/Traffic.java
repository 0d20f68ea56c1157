package dev.pgpool.core.stats;

import java.time.Duration;

/**
 * What went through a database since the pooler started. Counters only grow, also when pools come and go.
 *
 * @param serverAssignments times that a client was given a server
 * @param transactions transactions that have ended
 * @param queries queries (simple ones, function calls, and batches up to their Sync) that were answered
 * @param bytesReceived bytes from clients that were logged in, encryption taken off
 * @param bytesSent bytes to clients that were logged in, before encryption
 * @param transactionTime during which clients were in a transaction
 * @param queryTime during which servers worked on queries
 * @param waitTime during which clients waited for a server that they then got
 * @param clientParses Parse messages from clients
 * @param serverParses Parse messages to servers
 * @param binds Bind messages from clients
 * @param clientLogins clients that have logged in
 * @param connectFailures server connections that could not be made
 */
public record Traffic(
        long serverAssignments,
        long transactions,
        long queries,
        long bytesReceived,
        long bytesSent,
        Duration transactionTime,
        Duration queryTime,
        Duration waitTime,
        long clientParses,
        long serverParses,
        long binds,
        long clientLogins,
        long connectFailures) {
    /** Nothing. */
    public static final Traffic NONE =
            new Traffic(0, 0, 0, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0, 0, 0, 0, 0);

    /** The sum of this and another. */
    public Traffic plus(Traffic other) {
        return new Traffic(
                serverAssignments + other.serverAssignments,
                transactions + other.transactions,
                queries + other.queries,
                bytesReceived + other.bytesReceived,
                bytesSent + other.bytesSent,
                transactionTime.plus(other.transactionTime),
                queryTime.plus(other.queryTime),
                waitTime.plus(other.waitTime),
                clientParses + other.clientParses,
                serverParses + other.serverParses,
                binds + other.binds,
                clientLogins + other.clientLogins,
                connectFailures + other.connectFailures);
    }
}
