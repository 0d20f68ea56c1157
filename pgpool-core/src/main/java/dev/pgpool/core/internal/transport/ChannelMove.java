package dev.pgpool.core.internal.transport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Hands a channel from its event loop to another. Only for channels at rest: nothing read but unprocessed, nothing
 * written but unsent. Bytes that arrive meanwhile wait in the socket.
 */
public final class ChannelMove {
    private ChannelMove() {}

    /**
     * Starts on the channel's loop; {@code moved} runs on the new loop with true, or with false if the channel could not
     * be registered there, in which case it is closed. If the new loop has ended, this one tells.
     */
    public static void start(Channel channel, EventLoop target, Consumer<Boolean> moved) {
        assert channel.eventLoop().inEventLoop();
        channel.deregister().addListener(left -> {
            if (!left.isSuccess()) {
                channel.close();
                tell(target, moved, false);
            } else if (!channel.isOpen()) {
                // Closed behind the call: Netty 4.1 still has something to do for it on the old loop, and would do it
                // by the maps
                // of the new one, from a thread that is not theirs.
                tell(target, moved, false);
            } else if (target.isShuttingDown()) {
                // it would close what is registered now, or forget it; Netty warns if it cannot register at all
                channel.unsafe().closeForcibly();
                tell(target, moved, false);
            } else {
                target.register(channel).addListener(arrived -> {
                    boolean success = arrived.isSuccess();
                    if (!success) {
                        channel.unsafe().closeForcibly();
                    }
                    tell(target, moved, success);
                });
            }
        });
    }

    private static void tell(EventLoop target, Consumer<Boolean> moved, boolean success) {
        if (target.inEventLoop()) {
            moved.accept(success);
            return;
        }
        try {
            target.execute(() -> moved.accept(success));
        } catch (RejectedExecutionException ended) {
            moved.accept(false);
        }
    }

    /**
     * Runs a task on the event loop of the channel, which may be on its way to another one; from any thread.
     *
     * @param gone runs instead, on some thread, if the channel is closed, or the event loop has ended and the channel with it
     */
    public static void whereItIs(Channel channel, Runnable task, Runnable gone) {
        EventLoop loop = channel.eventLoop();
        try {
            loop.execute(() -> {
                if (channel.eventLoop() == loop && channel.isRegistered()) {
                    task.run();
                } else if (channel.isOpen()) {
                    whereItIs(channel, task, gone);
                } else {
                    gone.run();
                }
            });
        } catch (RejectedExecutionException ended) {
            gone.run();
        }
    }
}
