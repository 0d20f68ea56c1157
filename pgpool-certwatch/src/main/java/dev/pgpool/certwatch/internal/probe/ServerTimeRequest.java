package dev.pgpool.certwatch.internal.probe;

import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks an HTTPS server for its time: a HEAD request, of whose answer only the headers Date and Age are read. With an Age the
 * answer comes from a cache, and was that old when it was sent.
 */
final class ServerTimeRequest extends ByteToMessageDecoder {

    private static final int MAX_HEAD = 16 << 10;
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

    private final Endpoint endpoint;
    private final Clock clock;
    private final Consumer<@Nullable Duration> onAnswer;
    private boolean answered;

    ServerTimeRequest(Endpoint endpoint, Clock clock, Consumer<@Nullable Duration> onAnswer) {
        this.endpoint = endpoint;
        this.clock = clock;
        this.onAnswer = onAnswer;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf out = ctx.alloc().buffer();
        ByteBufUtil.writeAscii(
                out,
                "HEAD / HTTP/1.1\r\nHost: " + authority()
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

    private String authority() {
        String host = endpoint.serverName();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                + (endpoint.port() == Protocol.HTTPS.defaultPort() ? "" : ":" + endpoint.port());
    }

    private @Nullable Duration offset(String head) {
        String date = header(head, "Date:");
        String age = header(head, "Age:");
        if (date == null) {
            return null;
        }
        try {
            Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant()
                    .plusSeconds(age != null && SECONDS.matcher(age).matches() ? Long.parseLong(age) : 0);
            return Duration.between(clock.instant(), theirs);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static @Nullable String header(String head, String name) {
        for (String line : head.split("\r\n", -1)) {
            if (line.regionMatches(true, 0, name, 0, name.length())) {
                return line.substring(name.length()).trim();
            }
        }
        return null;
    }

    private void answer(@Nullable Duration offset) {
        answered = true;
        onAnswer.accept(offset);
    }
}
