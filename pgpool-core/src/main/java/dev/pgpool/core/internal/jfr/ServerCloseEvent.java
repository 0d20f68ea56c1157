package dev.pgpool.core.internal.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("dev.pgpool.ServerClose")
@Label("Server Close")
@Description("A server connection is gone")
final class ServerCloseEvent extends PoolEvent {
    @Label("Reason")
    String reason = "";
}
