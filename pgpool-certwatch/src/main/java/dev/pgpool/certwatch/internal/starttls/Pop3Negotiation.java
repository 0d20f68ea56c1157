package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** POP3: greeting, STLS (RFC 2595). */
final class Pop3Negotiation implements Negotiation {

    private boolean asked;

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        @Nullable String line = Lines.next(in);
        if (line == null) {
            return false;
        }
        if (asked) {
            if (!line.startsWith("+OK")) {
                throw Lines.unavailable(line, "STLS");
            }
            return true;
        }
        if (!line.startsWith("+OK")) {
            throw Lines.unexpected(line, "+OK");
        }
        Lines.send(out, "STLS");
        asked = true;
        return false;
    }

    @Override
    public String expectation() {
        return asked ? "an answer to STLS" : "a POP3 greeting";
    }
}
