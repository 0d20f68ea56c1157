package dev.pgpool.certwatch.internal.starttls;

import io.netty.buffer.ByteBuf;

/** FTP: greeting, AUTH TLS (RFC 4217). */
final class FtpNegotiation implements Negotiation {

    private final ReplyLines replies = new ReplyLines();
    private boolean asked;

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        ReplyLines.Reply reply = replies.next(in);
        if (reply == null) {
            return false;
        }
        if (asked) {
            if (reply.code() != 234) {
                throw Lines.unavailable(reply.last(), "AUTH TLS");
            }
            return true;
        }
        if (reply.code() == 120) {
            return false;
        }
        if (reply.code() != 220) {
            throw Lines.unexpected(reply.last(), "reply 220");
        }
        Lines.send(out, "AUTH TLS");
        asked = true;
        return false;
    }

    @Override
    public String expectation() {
        return asked ? "an answer to AUTH TLS" : "an FTP greeting";
    }
}
