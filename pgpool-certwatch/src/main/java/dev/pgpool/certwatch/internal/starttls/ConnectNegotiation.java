package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import dev.pgpool.certwatch.target.Endpoint;
import dev.pgpool.certwatch.target.HttpProxy;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Asks an HTTP proxy for a tunnel by CONNECT. It is a line conversation like the others here, so it takes no HTTP codec,
 * and the proxy's status reaches the report.
 */
final class ConnectNegotiation implements Negotiation {

    private final HttpProxy proxy;
    private final String authority;
    private final boolean serverSpeaksFirst;
    private @Nullable String status;

    ConnectNegotiation(HttpProxy proxy, Endpoint endpoint) {
        this.proxy = proxy;
        String host = endpoint.host().indexOf(':') >= 0 ? "[" + endpoint.host() + "]" : endpoint.host();
        this.authority = host + ":" + endpoint.port();
        this.serverSpeaksFirst = endpoint.protocol().serverSpeaksFirst();
    }

    @Override
    public void open(ByteBuf out) {
        Lines.send(out, "CONNECT " + authority + " HTTP/1.1");
        Lines.send(out, "Host: " + authority);
        if (proxy.user() != null) {
            String pair = proxy.user() + ":"
                    + (proxy.password() == null
                            ? ""
                            : String.valueOf(proxy.password().chars()));
            Lines.send(
                    out,
                    "Proxy-Authorization: Basic "
                            + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        }
        Lines.send(out, "");
    }

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        try {
            for (@Nullable String line = Lines.next(in); line != null; line = Lines.next(in)) {
                if (status == null) {
                    status = line;
                    requireStatus(line);
                } else if (line.isEmpty()) {
                    return true;
                }
            }
            return false;
        } catch (NegotiationException e) {
            throw new NegotiationException(FindingCode.PROXY_FAILED, "proxy " + proxy + ": " + e.getMessage());
        }
    }

    /** The greeting of a mail server often comes in one segment with the proxy's answer. */
    @Override
    public boolean mayBeFollowed() {
        return serverSpeaksFirst;
    }

    private static void requireStatus(String line) throws NegotiationException {
        if (!line.matches("HTTP/1\\.[01] 2\\d\\d( .*)?")) {
            throw new NegotiationException(
                    FindingCode.PROXY_FAILED, "CONNECT gave " + Lines.quoted(line) + " (expected: HTTP/1.1 200)");
        }
    }

    @Override
    public String expectation() {
        return "an answer of proxy " + proxy + " to CONNECT";
    }
}
