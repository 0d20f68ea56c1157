package dev.pgpool.core.internal.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

@Name("dev.pgpool.ClientLogin")
@Label("Client Login")
@Description("A client has logged in")
final class ClientLoginEvent extends PoolEvent {
    @Label("Took")
    @Description("Since it connected")
    @Timespan
    long took;
}
