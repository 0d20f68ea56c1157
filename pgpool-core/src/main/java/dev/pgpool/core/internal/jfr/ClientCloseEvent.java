package dev.pgpool.core.internal.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

@Name("dev.pgpool.ClientClose")
@Label("Client Close")
@Description("A client connection is gone")
final class ClientCloseEvent extends PoolEvent {
    @Label("Reason")
    String reason = "";
}
