package dev.pgpool.core.internal.admin;

import dev.pgpool.core.stats.FleetInfo;
import java.util.List;

/** SHOW FLEET: a row for each member of each fleet, as this member saw them last. */
final class FleetTable {
    private FleetTable() {}

    static ResultTable of(List<FleetInfo> fleets) {
        ResultTable table =
                new ResultTable("fleet s, max_servers i, pid i, self i, servers i, share i, lent i, borrowed i,"
                        + " demand i, waiting i, weight i, others i, connected i");
        for (FleetInfo fleet : fleets) {
            if (fleet.members().isEmpty()) {
                table.row(
                        fleet.name(),
                        fleet.maxServerConnections(),
                        0,
                        1,
                        fleet.servers(),
                        0,
                        0,
                        0,
                        fleet.demand(),
                        fleet.waiting(),
                        0,
                        fleet.others(),
                        0);
            }
            for (FleetInfo.Member member : fleet.members()) {
                table.row(
                        fleet.name(),
                        fleet.maxServerConnections(),
                        member.pid(),
                        member.self() ? 1 : 0,
                        member.held(),
                        fleet.shareOf(member),
                        fleet.lentBy(member),
                        fleet.borrowedBy(member),
                        member.demand(),
                        member.waiting(),
                        member.weight(),
                        fleet.others(),
                        1);
            }
        }
        return table;
    }
}
