package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.TcpBuilder;
import dev.pgpool.core.fixture.ProcessSockets;
import dev.pgpool.core.fixture.Wire;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** What is told to the system of TCP connections, read back from the sockets. */
final class TcpTransitions {
    private TcpTransitions() {}

    static List<Transition> all() {
        return List.of(
                connections("tcp.keepAlive", t -> t.keepAlive(false), ChannelOption.SO_KEEPALIVE, on -> !on),
                connections(
                        "tcp.keepAliveIdle",
                        t -> t.keepAliveIdle(Duration.ofSeconds(77)),
                        EpollChannelOption.TCP_KEEPIDLE,
                        seconds -> seconds == 77),
                connections(
                        "tcp.keepAliveInterval",
                        t -> t.keepAliveInterval(Duration.ofSeconds(78)),
                        EpollChannelOption.TCP_KEEPINTVL,
                        seconds -> seconds == 78),
                connections(
                        "tcp.keepAliveProbes",
                        t -> t.keepAliveProbes(11),
                        EpollChannelOption.TCP_KEEPCNT,
                        probes -> probes == 11),
                connections(
                        "tcp.userTimeout",
                        t -> t.userTimeout(Duration.ofMillis(54_321)),
                        EpollChannelOption.TCP_USER_TIMEOUT,
                        millis -> millis == 54_321),
                // Linux doubles it, for its own bookkeeping
                connections(
                        "tcp.socketBuffer",
                        t -> t.socketBuffer(30_000),
                        ChannelOption.SO_SNDBUF,
                        bytes -> bytes == 60_000),
                change("tcp.deferAccept")
                        .after((stage, told) -> told.pooler(b -> b.tcp(t -> t.deferAccept(true))))
                        .seen(scene -> {
                            if (Epoll.isAvailable()) {
                                assertThat(ProcessSockets.listenerOptions(
                                                scene.pool.address().getPort(), EpollChannelOption.TCP_DEFER_ACCEPT))
                                        .isNotEmpty()
                                        .allMatch(seconds -> seconds > 0);
                            }
                            scene.login();
                        }));
    }

    private static <T> Transition connections(
            String setting, Consumer<TcpBuilder> told, ChannelOption<T> option, Predicate<T> expected) {
        return change(setting)
                .after((stage, pooler) -> pooler.pooler(b -> b.tcp(told)))
                .seen(scene -> {
                    scene.login().run("SELECT 1");
                    if (!Epoll.isAvailable()) {
                        return;
                    }
                    assertThat(ProcessSockets.options(scene.pool.address().getPort(), -1, option))
                            .as("of clients")
                            .anyMatch(expected)
                            .as("and not of those that were there")
                            .anyMatch(expected.negate());
                    scene.pool.reconnect();
                    await().atMost(Wire.PATIENCE).untilAsserted(() -> {
                        scene.idle.run("SELECT 1");
                        assertThat(ProcessSockets.options(-1, scene.stage.postgres.port(), option))
                                .as("of servers")
                                .anyMatch(expected);
                    });
                });
    }
}
