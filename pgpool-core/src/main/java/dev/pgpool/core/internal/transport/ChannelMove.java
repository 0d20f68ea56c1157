package dev.pgpool.core.internal.transport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/**
 * Hands a channel from its event loop to another. Only for channels at rest: nothing read but unprocessed, nothing
 * written but unsent. Bytes that arrive meanwhile wait in the socket.
 */
public final class ChannelMove {
    private ChannelMove() {}

    /**
     * Starts on the channel's loop; {@code moved} runs on the new loop with true, or with false if the channel could not
     * be registered there, in which case it is closed.
     */
    public static void start(Channel channel, EventLoop target, Consumer<Boolean> moved) {
        assert channel.eventLoop().inEventLoop();
        channel.deregister().addListener(left -> {
            if (!left.isSuccess()) {
                channel.close();
                target.execute(() -> moved.accept(false));
                return;
            }
            target.register(channel).addListener(arrived -> {
                boolean success = arrived.isSuccess();
                if (!success) {
                    channel.unsafe().closeForcibly();
                }
                if (target.inEventLoop()) {
                    moved.accept(success);
                } else {
                    target.execute(() -> moved.accept(success));
                }
            });
        });
    }

    /** Runs a task on the event loop of the channel, which may be on its way to another one; from any thread. */
    public static void whereItIs(Channel channel, Runnable task) {
        EventLoop loop = channel.eventLoop();
        loop.execute(() -> {
            if (channel.eventLoop() == loop && channel.isRegistered()) {
                task.run();
            } else if (channel.isOpen()) {
                whereItIs(channel, task);
            }
        });
    }
}
