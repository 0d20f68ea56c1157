package dev.pgpool.core.internal.fleet;

import dev.pgpool.core.config.FleetConfig;
import dev.pgpool.core.internal.fleet.protocol.FleetProtocol;
import dev.pgpool.core.internal.fleet.protocol.FleetView;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.stats.FleetInfo;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators are told of a fleet. */
final class FleetReport {
    private static final Logger LOGGER = LoggerFactory.getLogger(FleetReport.class);
    private static final List<String> WHOSE = List.of("max_connections", "database", "role");

    private FleetReport() {}

    static FleetInfo of(FleetConfig config, FleetProtocol protocol, FleetPermits permits) {
        FleetView view = protocol.view();
        List<FleetInfo.Member> members = view == null
                ? List.of()
                : view.members().stream()
                        .map(peer -> new FleetInfo.Member(
                                peer.pid(),
                                peer.pid() == view.self(),
                                peer.slots(),
                                peer.state().demand(),
                                peer.state().waiting(),
                                peer.state().weight()))
                        .toList();
        return new FleetInfo(
                config.name(),
                config.maxServerConnections(),
                view != null,
                permits.taken(),
                protocol.held(),
                protocol.share(),
                protocol.need().demand(),
                protocol.need().waiting(),
                protocol.strangers(System.nanoTime()),
                members);
    }

    /** Says so if PostgreSQL would not allow what the fleet may have. */
    static void warnOfLimits(FleetConfig config, List<List<String>> rows) {
        for (List<String> row : rows) {
            for (int i = 0; i < WHOSE.size() && row.size() > WHOSE.size(); i++) {
                String text = row.get(i + 1);
                int limit = text.isEmpty() ? -1 : Integer.parseInt(text);
                if (limit >= 0 && limit < config.maxServerConnections()) {
                    LogLine.warn(LOGGER, "fleet's budget is above what PostgreSQL allows")
                            .with("fleet", config.name())
                            .with("maxServerConnections", config.maxServerConnections())
                            .with("limitOf", WHOSE.get(i))
                            .with("limit", limit)
                            .write();
                }
            }
        }
    }
}
