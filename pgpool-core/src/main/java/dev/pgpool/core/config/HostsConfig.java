package dev.pgpool.core.config;

import java.util.List;

/**
 * The servers that have a database, and which of them to use.
 *
 * @param hosts at least one, in order
 * @param loadBalance which of them a new connection tries first; the others follow while connecting fails
 * @param targetSessionAttributes which kind of server is wanted
 */
public record HostsConfig(
        List<HostConfig> hosts, LoadBalanceHosts loadBalance, TargetSessionAttributes targetSessionAttributes) {
    private static final int MOST = 100;

    public HostsConfig {
        hosts = List.copyOf(hosts);
    }

    void check(String path, Problems problems) {
        problems.require(
                !hosts.isEmpty() && hosts.size() <= MOST, path + ".hosts", hosts.size() + " hosts", "1 to " + MOST);
        for (int i = 0; i < hosts.size(); i++) {
            hosts.get(i).check(path + (hosts.size() == 1 ? ".host" : ".hosts[" + i + "]"), problems);
        }
    }
}
