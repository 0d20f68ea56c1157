package dev.pgpool.certwatch.internal.probe;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** IP literals, without a question to any name service. */
final class InetAddresses {

    private InetAddresses() {}

    /** The address of a literal that was found valid before. */
    static InetAddress of(String literal) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal);
        try {
            return InetAddress.getByAddress(bytes == null ? new byte[0] : bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal + " (expected: an IP address)", e);
        }
    }
}
