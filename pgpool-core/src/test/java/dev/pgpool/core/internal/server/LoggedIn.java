package dev.pgpool.core.internal.server;

import dev.pgpool.core.config.HostConfig;
import dev.pgpool.core.internal.auth.ServerAuthenticator;
import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.tls.ServerTls;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.stats.CloseReason;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.function.Consumer;

/** Makes server connections over channels of the test, through the real login. */
public final class LoggedIn {

    private static final SecureRandom RANDOM = new SecureRandom();

    private LoggedIn() {}

    /** Puts a connection into the channel; {@code ready} gets it when the server's first ReadyForQuery has come. */
    public static ServerConnection begin(
            EmbeddedChannel channel,
            ParameterRegistry parameters,
            int maxStatements,
            ServerHome home,
            Consumer<ServerConnection> ready) {
        ServerTarget target = new ServerTarget(
                new HostConfig("127.0.0.1", 1),
                new InetSocketAddress("127.0.0.1", 1),
                Map.of(),
                "app",
                null,
                ServerSetup.NONE,
                maxStatements,
                ServerTls.OFF,
                0);
        ServerConnection[] made = new ServerConnection[1];
        ServerLogin login =
                new ServerLogin(new ServerAuthenticator("app", null, RANDOM), Runnable::run, new ServerLogin.Outcome() {
                    @Override
                    public void onReady() {
                        made[0].settle(home);
                        made[0].prepared();
                        ready.accept(made[0]);
                    }

                    @Override
                    public void onFailed(CloseReason reason, ErrorFields error) {
                        // a test that wants to know looks whether the connection is closed
                    }
                });
        made[0] = new ServerConnection(target, home, login, parameters);
        login.begin(made[0]);
        channel.pipeline().addLast(made[0].handler());
        return made[0];
    }

    /** As if a cancel request were under way. */
    public static void cancelStarted(ServerConnection server) {
        server.cancels().add(() -> false, () -> {});
    }

    /** As if the server had dealt with it. */
    public static void cancelEnded(ServerConnection server) {
        server.cancels().end(true);
        server.cancels().over(!server.isClosed());
    }
}
