package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Carries out a {@link Negotiation}, then leaves the pipeline. Confined to the event loop of its channel. */
public final class NegotiationHandler extends ByteToMessageDecoder {

    /** More than any answer before TLS has reason to be; bounds what a peer can make us hold. */
    static final int MAX_BYTES = 64 << 10;

    private final Negotiation negotiation;
    private final Consumer<@Nullable NegotiationException> onEnd;
    private int seenBytes;
    private boolean ended;

    /**
     * Carries out a negotiation.
     *
     * @param onEnd called once on the event loop: with {@code null} when TLS may begin, else with the reason why not
     */
    public NegotiationHandler(Negotiation negotiation, Consumer<@Nullable NegotiationException> onEnd) {
        this.negotiation = negotiation;
        this.onEnd = onEnd;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ByteBuf out = ctx.alloc().buffer();
        negotiation.open(out);
        send(ctx, out);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (ended) {
            return;
        }
        ByteBuf answer = ctx.alloc().buffer();
        int before = in.readableBytes();
        try {
            boolean done = negotiation.onBytes(in, answer);
            seenBytes += before - in.readableBytes();
            if (!done && (seenBytes > MAX_BYTES || in.readableBytes() > MAX_BYTES)) {
                throw new NegotiationException(
                        FindingCode.STARTTLS_PROTOCOL_ERROR,
                        "more than " + MAX_BYTES + " bytes before TLS (expected: " + negotiation.expectation() + ")");
            }
            if (done && in.isReadable() && !negotiation.mayBeFollowed()) {
                throw new NegotiationException(
                        FindingCode.STARTTLS_PROTOCOL_ERROR,
                        in.readableBytes() + " unencrypted bytes behind the answer that ends the negotiation"
                                + " (expected: none; an attacker may have inserted them)");
            }
            send(ctx, answer);
            answer = null;
            if (done) {
                end(ctx, null);
            }
        } catch (NegotiationException e) {
            in.skipBytes(in.readableBytes());
            end(ctx, e);
        } finally {
            if (answer != null) {
                answer.release();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!ended) {
            end(
                    ctx,
                    new NegotiationException(
                            FindingCode.STARTTLS_PROTOCOL_ERROR,
                            "connection closed (expected: " + negotiation.expectation() + ")"));
        }
        ctx.fireChannelInactive();
    }

    /** Takes the given buffer. */
    private static void send(ChannelHandlerContext ctx, ByteBuf out) {
        if (out.isReadable()) {
            ctx.writeAndFlush(out);
        } else {
            out.release();
        }
    }

    /** What is left unread goes to the handler that {@code onEnd} has put behind this one. */
    private void end(ChannelHandlerContext ctx, @Nullable NegotiationException reason) {
        ended = true;
        onEnd.accept(reason);
        if (!ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }
}
