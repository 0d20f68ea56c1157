package dev.pgpool.certwatch.internal.tls;

import dev.pgpool.certwatch.internal.x509.Certificates;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Says an {@link Tls12ClientHello} and listens until the server has shown its certificate. For servers whose certificate or algorithms no
 * TLS engine here takes. Confined to the event loop of its channel.
 */
public final class PlaintextHandshake extends ByteToMessageDecoder {

    /** A chain larger than this is no chain; also what a peer can make us hold. */
    private static final int MAX_BYTES = 512 << 10;

    private static final int ALERT = 21;
    private static final int HANDSHAKE = 22;
    private static final int SERVER_HELLO = 2;
    private static final int CERTIFICATE = 11;

    private final Consumer<ByteBuf> hello;
    private final Consumer<ShownChain> onEnd;
    private @Nullable ByteBuf messages;
    private String version = "";
    private boolean ended;

    /**
     * What was overheard.
     *
     * @param version TLS version that the server chose; empty if it chose none
     * @param certificates encoded, leaf first; empty if none were shown
     */
    public record ShownChain(String version, List<byte[]> certificates) {

        /** The certificates up to the first that cannot be read at all: what is missing above is a gap that the judgement sees. */
        public List<X509Certificate> readable() {
            List<X509Certificate> read = new ArrayList<>();
            for (byte[] certificate : certificates) {
                try {
                    read.add(Certificates.parse(certificate));
                } catch (CertificateException e) {
                    return read;
                }
            }
            return read;
        }
    }

    /**
     * An overhearing.
     *
     * @param hello writes the ClientHello
     * @param onEnd called once, on the event loop
     */
    public PlaintextHandshake(Consumer<ByteBuf> hello, Consumer<ShownChain> onEnd) {
        this.hello = hello;
        this.onEnd = onEnd;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        messages = ctx.alloc().buffer();
        ByteBuf out = ctx.alloc().buffer();
        hello.accept(out);
        ctx.writeAndFlush(out);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        ByteBuf held = messages;
        messages = null;
        if (held != null) {
            held.release();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ByteBuf gathered = messages;
        if (ended || gathered == null) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < 5) {
            return;
        }
        int type = in.getUnsignedByte(in.readerIndex());
        int length = in.getUnsignedShort(in.readerIndex() + 3);
        if ((type != HANDSHAKE && type != ALERT) || length == 0 || gathered.readableBytes() + length > MAX_BYTES) {
            end(List.of());
            return;
        }
        if (in.readableBytes() < 5 + length) {
            return;
        }
        in.skipBytes(5);
        if (type == ALERT) {
            // A warning, such as unrecognized_name, is no end.
            boolean fatal = in.getByte(in.readerIndex()) == 2;
            in.skipBytes(length);
            if (fatal) {
                end(List.of());
            }
            return;
        }
        gathered.writeBytes(in, length);
        handshake(gathered);
    }

    private void handshake(ByteBuf gathered) {
        while (!ended && gathered.readableBytes() >= 4) {
            int type = gathered.getUnsignedByte(gathered.readerIndex());
            int length = gathered.getUnsignedMedium(gathered.readerIndex() + 1);
            if (gathered.readableBytes() < 4 + length) {
                return;
            }
            ByteBuf message = gathered.skipBytes(4).readSlice(length);
            if (type == SERVER_HELLO && length >= 2) {
                version = version(message.readUnsignedShort());
            } else if (type == CERTIFICATE) {
                end(certificates(message));
            } else if (type != SERVER_HELLO) {
                end(List.of());
            }
        }
    }

    private static String version(int number) {
        return switch (number) {
            case 0x0300 -> "SSL 3.0";
            case 0x0301 -> "TLS 1.0";
            case 0x0302 -> "TLS 1.1";
            default -> "TLS 1.2";
        };
    }

    private static List<byte[]> certificates(ByteBuf message) {
        List<byte[]> found = new ArrayList<>();
        if (message.readableBytes() >= 3) {
            message.skipBytes(3);
        }
        while (message.readableBytes() >= 3) {
            int length = message.readUnsignedMedium();
            if (length > message.readableBytes()) {
                break;
            }
            byte[] certificate = new byte[length];
            message.readBytes(certificate);
            found.add(certificate);
        }
        return found;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        end(List.of());
    }

    private void end(List<byte[]> certificates) {
        if (!ended) {
            ended = true;
            onEnd.accept(new ShownChain(version, certificates));
        }
    }
}
