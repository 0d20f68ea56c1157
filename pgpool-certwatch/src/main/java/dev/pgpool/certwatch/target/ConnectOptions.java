package dev.pgpool.certwatch.target;

import static java.util.Objects.requireNonNull;

import io.netty.util.NetUtil;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is made, where it is not made the usual way.
 *
 * @param addresses IP addresses to connect to; empty to resolve the host
 * @param proxyProtocol header sent before all else; absent for none
 * @param ehlo name given to an SMTP server; absent for a name that cannot exist
 * @param offer what is offered in the ClientHello
 */
public record ConnectOptions(
        List<String> addresses,
        @Nullable ProxyProtocol proxyProtocol,
        @Nullable String ehlo,
        TlsOffer offer) {

    /** The usual way. */
    public static final ConnectOptions USUAL = new ConnectOptions(List.of(), null, null, TlsOffer.ANY);

    private static final Pattern EHLO = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{1,255}");

    public ConnectOptions {
        addresses = List.copyOf(addresses);
        for (String address : addresses) {
            if (!NetUtil.isValidIpV4Address(address) && !NetUtil.isValidIpV6Address(address)) {
                throw new IllegalArgumentException("address: \"" + address + "\" (expected: an IP address)");
            }
        }
        if (ehlo != null && !EHLO.matcher(ehlo).matches()) {
            throw new IllegalArgumentException("ehlo: \"" + ehlo.replaceAll("\\p{Cntrl}", "?")
                    + "\" (expected: a host name or an address literal)");
        }
        requireNonNull(offer, "offer");
    }

    /** The same, to these addresses. */
    public ConnectOptions to(String... ipAddresses) {
        return new ConnectOptions(List.of(ipAddresses), proxyProtocol, ehlo, offer);
    }

    /** The same with a PROXY header. */
    public ConnectOptions withProxyProtocol(@Nullable ProxyProtocol version) {
        return new ConnectOptions(addresses, version, ehlo, offer);
    }

    /** The same with another name for SMTP servers. */
    public ConnectOptions withEhlo(@Nullable String name) {
        return new ConnectOptions(addresses, proxyProtocol, name, offer);
    }

    /** The same with another ClientHello. */
    public ConnectOptions withOffer(TlsOffer other) {
        return new ConnectOptions(addresses, proxyProtocol, ehlo, other);
    }
}
