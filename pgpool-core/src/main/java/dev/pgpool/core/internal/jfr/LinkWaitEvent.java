package dev.pgpool.core.internal.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.SettingDefinition;
import jdk.jfr.Timespan;

@Name("dev.pgpool.LinkWait")
@Label("Link Wait")
@Description("A client had to wait for a server for long, and got one")
final class LinkWaitEvent extends PoolEvent {
    @Label("Waited")
    @Timespan
    long waited;

    @SettingDefinition
    @Name(WaitThreshold.NAME)
    @Label("Wait Threshold")
    @Description("Waits that are shorter are not recorded")
    boolean isLongEnough(WaitThreshold threshold) {
        return waited >= threshold.nanos();
    }
}
