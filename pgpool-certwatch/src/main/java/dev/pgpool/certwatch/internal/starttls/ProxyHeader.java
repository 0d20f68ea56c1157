package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Header of the PROXY protocol with the two ends of a connection. Ends that are not known, or of two families, are left out in
 * the way that the protocol has for that.
 *
 * @see <a href="https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt">The PROXY protocol, section 2</a>
 */
public final class ProxyHeader {

    private static final byte[] SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final int VERSION_2_LOCAL = 0x20;
    private static final int VERSION_2_PROXY = 0x21;
    private static final int TCP_4 = 0x11;
    private static final int TCP_6 = 0x21;

    private ProxyHeader() {}

    /** Sends the header that an endpoint asks for, if it does; it goes before all else to the server itself. */
    public static void send(Endpoint endpoint, Channel connected) {
        ProxyProtocol version = endpoint.connect().proxyProtocol();
        if (version == null) {
            return;
        }
        ByteBuf header = connected.alloc().buffer();
        // Through an HTTP proxy the far end is the server, whose address is not known here.
        if (endpoint.proxy() == null
                && connected.localAddress() instanceof InetSocketAddress from
                && connected.remoteAddress() instanceof InetSocketAddress to) {
            write(version, from, to, header);
        } else {
            writeUnknown(version, header);
        }
        connected.writeAndFlush(header);
    }

    /** Writes a header that names the ends of the connection. */
    public static void write(ProxyProtocol version, InetSocketAddress from, InetSocketAddress to, ByteBuf out) {
        InetAddress source = from.getAddress();
        InetAddress destination = to.getAddress();
        if (source == null || destination == null || source.getClass() != destination.getClass()) {
            writeUnknown(version, out);
            return;
        }
        boolean four = source.getAddress().length == 4;
        if (version == ProxyProtocol.V1) {
            String line = "PROXY " + (four ? "TCP4 " : "TCP6 ") + text(source) + " " + text(destination) + " "
                    + from.getPort() + " " + to.getPort() + "\r\n";
            ByteBufUtil.writeAscii(out, line);
            return;
        }
        out.writeBytes(SIGNATURE).writeByte(VERSION_2_PROXY).writeByte(four ? TCP_4 : TCP_6);
        out.writeShort(2 * (four ? 4 : 16) + 4);
        out.writeBytes(source.getAddress()).writeBytes(destination.getAddress());
        out.writeShort(from.getPort()).writeShort(to.getPort());
    }

    /** Writes a header without ends, for a connection whose far end is not known here. */
    public static void writeUnknown(ProxyProtocol version, ByteBuf out) {
        if (version == ProxyProtocol.V1) {
            ByteBufUtil.writeAscii(out, "PROXY UNKNOWN\r\n");
        } else {
            out.writeBytes(SIGNATURE).writeByte(VERSION_2_LOCAL).writeByte(0).writeShort(0);
        }
    }

    /** Without the zone that a link-local address of this machine carries. */
    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }
}
