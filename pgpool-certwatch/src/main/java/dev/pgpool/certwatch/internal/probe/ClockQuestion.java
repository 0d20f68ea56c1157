package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks an HTTPS server for its time: a HEAD request, of whose answer only the Date header is read. */
final class ClockQuestion extends ByteToMessageDecoder {

    private static final int MAX_HEAD = 16 << 10;

    private final Endpoint endpoint;
    private final Clock clock;
    private final Consumer<@Nullable Duration> onAnswer;
    private boolean answered;

    ClockQuestion(Endpoint endpoint, Clock clock, Consumer<@Nullable Duration> onAnswer) {
        this.endpoint = endpoint;
        this.clock = clock;
        this.onAnswer = onAnswer;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf out = ctx.alloc().buffer();
        ByteBufUtil.writeAscii(
                out,
                "HEAD / HTTP/1.1\r\nHost: " + endpoint.serverName()
                        + "\r\nUser-Agent: pgpool-certwatch\r\nConnection: close\r\n\r\n");
        ctx.writeAndFlush(out);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (answered) {
            in.skipBytes(in.readableBytes());
            return;
        }
        String head = in.toString(StandardCharsets.ISO_8859_1);
        int end = head.indexOf("\r\n\r\n");
        if (end < 0 && in.readableBytes() < MAX_HEAD) {
            return;
        }
        in.skipBytes(in.readableBytes());
        answer(offset(end < 0 ? "" : head.substring(0, end)));
    }

    private @Nullable Duration offset(String head) {
        for (String line : head.split("\r\n", -1)) {
            if (line.regionMatches(true, 0, "Date:", 0, 5)) {
                try {
                    ZonedDateTime theirs =
                            ZonedDateTime.parse(line.substring(5).trim(), DateTimeFormatter.RFC_1123_DATE_TIME);
                    return Duration.between(clock.instant(), theirs.toInstant());
                } catch (DateTimeException e) {
                    return null;
                }
            }
        }
        return null;
    }

    private void answer(@Nullable Duration offset) {
        answered = true;
        onAnswer.accept(offset);
    }
}
