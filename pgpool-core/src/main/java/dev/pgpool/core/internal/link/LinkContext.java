package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.StatementRegistry;
import dev.pgpool.core.internal.server.CancelSender;
import java.time.Duration;

/**
 * What all links of a pool share.
 *
 * @param registry the pool's statements
 * @param cancels how running work is cancelled
 * @param abandonTimeout how long a server may take to become clean after its client left
 */
public record LinkContext(StatementRegistry registry, CancelSender cancels, Duration abandonTimeout) {}
