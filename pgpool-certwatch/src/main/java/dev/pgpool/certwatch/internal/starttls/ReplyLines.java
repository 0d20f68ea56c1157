package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replies of SMTP and FTP: three digits on each line, a dash behind them on all but the last. The text of inner FTP lines
 * is free.
 */
final class ReplyLines {

    private final List<String> lines = new ArrayList<>();

    /** A whole reply, with its lines. */
    record Reply(int code, List<String> lines) {
        String last() {
            return lines.get(lines.size() - 1);
        }
    }

    /** The next reply; absent if it has not all arrived. */
    @Nullable
    Reply next(ByteBuf in) throws NegotiationException {
        for (String line = Lines.next(in); line != null; line = Lines.next(in)) {
            if (lines.isEmpty() && !line.matches("\\d{3}([ -].*)?")) {
                throw Lines.unexpected(line, "a reply that begins with three digits");
            }
            lines.add(line);
            boolean coded = line.startsWith(lines.get(0).substring(0, 3));
            if (coded && (line.length() == 3 || line.charAt(3) != '-')) {
                Reply reply = new Reply(Integer.parseInt(line.substring(0, 3)), List.copyOf(lines));
                lines.clear();
                return reply;
            }
        }
        return null;
    }
}
