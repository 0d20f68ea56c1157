package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** IMAP: greeting, STARTTLS (RFC 2595, RFC 9051). Untagged lines in between are passed over. */
final class ImapNegotiation implements Negotiation {

    private static final String TAG = "c1";

    private boolean asked;

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        for (@Nullable String line = Lines.next(in); line != null; line = Lines.next(in)) {
            String upper = line.toUpperCase(Locale.ROOT);
            if (asked) {
                if (upper.startsWith(TAG.toUpperCase(Locale.ROOT) + " OK")) {
                    return true;
                }
                if (!line.startsWith("*")) {
                    throw Lines.unavailable(line, "STARTTLS");
                }
            } else {
                if (!upper.startsWith("* OK")) {
                    throw Lines.unexpected(line, "* OK");
                }
                Lines.send(out, TAG + " STARTTLS");
                asked = true;
            }
        }
        return false;
    }

    @Override
    public String expectation() {
        return asked ? "an answer to STARTTLS" : "an IMAP greeting";
    }
}
