package dev.pgpool.core.internal.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

@Name("dev.pgpool.ServerConnect")
@Label("Server Connect")
@Description("A server connection was made, or could not be made")
final class ServerConnectEvent extends PoolEvent {
    @Label("Took")
    @Description("Until it was ready for queries; 0 if it failed")
    @Timespan
    long took;

    @Label("SQLSTATE")
    @Description("Why it failed; none if it did not")
    @Nullable
    String sqlState;

    @Label("Error")
    @Nullable
    String error;
}
