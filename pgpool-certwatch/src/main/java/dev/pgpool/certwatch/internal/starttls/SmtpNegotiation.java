package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** SMTP: greeting, EHLO, STARTTLS (RFC 3207). */
final class SmtpNegotiation implements Negotiation {

    private enum State {
        GREETING,
        EHLO,
        STARTTLS
    }

    private final ReplyLines replies = new ReplyLines();
    private final String ehlo;
    private State state = State.GREETING;

    SmtpNegotiation(@Nullable String ehlo) {
        this.ehlo = ehlo == null ? "pgpool-certwatch.invalid" : ehlo;
    }

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        ReplyLines.Reply reply = replies.next(in);
        if (reply == null) {
            return false;
        }
        switch (state) {
            case GREETING -> {
                require(reply, 220);
                Lines.send(out, "EHLO " + ehlo);
                state = State.EHLO;
                return false;
            }
            case EHLO -> {
                require(reply, 250);
                boolean offered = reply.lines().stream()
                        .anyMatch(line -> line.length() > 4
                                && line.substring(4)
                                        .trim()
                                        .toUpperCase(Locale.ROOT)
                                        .equals("STARTTLS"));
                if (!offered) {
                    throw Lines.unavailable(reply.last(), "EHLO without STARTTLS among its answers");
                }
                Lines.send(out, "STARTTLS");
                state = State.STARTTLS;
                return false;
            }
            case STARTTLS -> {
                if (reply.code() != 220) {
                    throw Lines.unavailable(reply.last(), "STARTTLS");
                }
                return true;
            }
        }
        throw new IllegalStateException(state.name());
    }

    private static void require(ReplyLines.Reply reply, int code) throws NegotiationException {
        if (reply.code() != code) {
            throw Lines.unexpected(reply.last(), "reply " + code);
        }
    }

    @Override
    public String expectation() {
        return switch (state) {
            case GREETING -> "an SMTP greeting";
            case EHLO -> "an answer to EHLO";
            case STARTTLS -> "an answer to STARTTLS";
        };
    }
}
