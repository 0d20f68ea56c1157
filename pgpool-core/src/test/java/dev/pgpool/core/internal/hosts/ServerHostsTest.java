package dev.pgpool.core.internal.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.config.HostsConfig;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.TargetSessionAttributes;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ServerHostsTest {

    @Test
    void eachConnectionBeginsWithTheNextHost() {
        ServerHosts hosts = hosts(LoadBalanceHosts.ROUND_ROBIN, TargetSessionAttributes.ANY, "a", "b", "c");
        assertThat(List.of(next(hosts), next(hosts), next(hosts), next(hosts)))
                .containsExactly("a b c", "b c a", "c a b", "a b c");
    }

    @Test
    void allHostsAndAllTheirAddressesTakeTurns() {
        ServerHosts hosts = hosts(LoadBalanceHosts.ROUND_ROBIN, TargetSessionAttributes.ANY, "a", "b");
        List<SocketAddress> addresses = addresses("10.0.0.1", "10.0.0.2");
        List<String> first = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ServerHosts.Order order = hosts.next();
            first.add(order.hosts().get(0).host() + " "
                    + hosts.order(addresses, order.turn()).get(0));
        }
        assertThat(first).doesNotHaveDuplicates();
    }

    @Test
    void addressesOfTheOtherFamilyComeLast() {
        ServerHosts hosts = hosts(LoadBalanceHosts.ROUND_ROBIN, TargetSessionAttributes.ANY, "a");
        List<SocketAddress> addresses = addresses("10.0.0.1", "::1", "10.0.0.2");
        assertThat(hosts.order(addresses, 0)).isEqualTo(addresses("10.0.0.1", "10.0.0.2", "::1"));
        assertThat(hosts.order(addresses, 1)).isEqualTo(addresses("10.0.0.2", "10.0.0.1", "::1"));
        assertThat(hosts.order(addresses, 2)).isEqualTo(addresses("10.0.0.1", "10.0.0.2", "::1"));
    }

    @Test
    void disabledStaysWithTheHostThatServedLast() {
        ServerHosts hosts = hosts(LoadBalanceHosts.DISABLE, TargetSessionAttributes.ANY, "a", "b", "c");
        assertThat(List.of(next(hosts), next(hosts))).containsExactly("a b c", "a b c");
        hosts.succeeded(new HostConfig("b", 5432));
        assertThat(List.of(next(hosts), next(hosts))).containsExactly("b c a", "b c a");
        List<SocketAddress> addresses = addresses("10.0.0.1", "::1", "10.0.0.2");
        assertThat(hosts.order(addresses, 1)).isEqualTo(addresses);
    }

    @Test
    void primaryIsLookedForWhereItWasFoundLast() {
        for (TargetSessionAttributes one :
                List.of(TargetSessionAttributes.PRIMARY, TargetSessionAttributes.READ_WRITE)) {
            ServerHosts hosts = hosts(LoadBalanceHosts.ROUND_ROBIN, one, "a", "b");
            hosts.succeeded(new HostConfig("b", 5432));
            assertThat(List.of(next(hosts), next(hosts))).containsExactly("b a", "b a");
        }
        ServerHosts standbys = hosts(LoadBalanceHosts.ROUND_ROBIN, TargetSessionAttributes.STANDBY, "a", "b");
        assertThat(List.of(next(standbys), next(standbys))).containsExactly("a b", "b a");
    }

    private static ServerHosts hosts(LoadBalanceHosts balance, TargetSessionAttributes wanted, String... names) {
        return new ServerHosts(new HostsConfig(
                Stream.of(names).map(name -> new HostConfig(name, 5432)).toList(), balance, wanted));
    }

    private static String next(ServerHosts hosts) {
        return hosts.next().hosts().stream().map(HostConfig::host).collect(Collectors.joining(" "));
    }

    private static List<SocketAddress> addresses(String... literals) {
        return Stream.of(literals)
                .<SocketAddress>map(literal -> new InetSocketAddress(literal, 5432))
                .toList();
    }
}
