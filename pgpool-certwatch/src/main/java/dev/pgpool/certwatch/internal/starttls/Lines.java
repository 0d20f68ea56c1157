package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Lines of the mail and file transfer protocols: read whole or not at all, quoted safely in messages. */
final class Lines {

    private static final int MAX_LINE = 4096;

    private Lines() {}

    /** The next line without its end; absent if it has not all arrived. */
    static @Nullable String next(ByteBuf in) throws NegotiationException {
        int length = in.bytesBefore((byte) '\n');
        if (length < 0 ? in.readableBytes() > MAX_LINE : length > MAX_LINE) {
            throw new NegotiationException(
                    FindingCode.STARTTLS_PROTOCOL_ERROR,
                    "a line of more than " + MAX_LINE + " bytes, beginning "
                            + quoted(in.toString(in.readerIndex(), 40, StandardCharsets.ISO_8859_1))
                            + " (expected: text lines)");
        }
        if (length < 0) {
            return null;
        }
        String line = in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
        in.skipBytes(1);
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    static void send(ByteBuf out, String line) {
        ByteBufUtil.writeAscii(out, line + "\r\n");
    }

    /** What a peer sent, fit for a log line: printable and short. */
    static String quoted(String seen) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(seen.length(), 120); i++) {
            char c = seen.charAt(i);
            text.append(c >= ' ' && c < 0x7f ? c : '.');
        }
        return text.append(seen.length() > 120 ? "...\"" : "\"").toString();
    }

    static NegotiationException unexpected(String seen, String expected) {
        return new NegotiationException(
                FindingCode.STARTTLS_PROTOCOL_ERROR,
                "the server said " + quoted(seen) + " (expected: " + expected + ")");
    }

    static NegotiationException unavailable(String seen, String asked) {
        return new NegotiationException(
                FindingCode.TLS_UNAVAILABLE, "the server does not offer TLS: " + asked + " gave " + quoted(seen));
    }
}
