package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.AddressResult;
import dev.pgpool.certwatch.Finding;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one address gave.
 *
 * @param result for the report
 * @param served the chain; absent if none was seen
 * @param notes findings that are no failures
 * @param clockOffset peer's time minus ours; absent if the peer did not tell
 * @param again the native handshake failed: to be tried again with Java's
 */
record AddressLook(
        AddressResult result,
        @Nullable ServedChain served,
        List<Finding> notes,
        @Nullable Duration clockOffset,
        boolean again) {}
