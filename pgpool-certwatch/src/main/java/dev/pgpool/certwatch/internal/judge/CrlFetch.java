package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.trust.RevocationPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;

/**
 * Fetches from a URL that a peer chose. Java's own fetching follows redirects, knows LDAP and has no bound, and any HTTP
 * client resolves the name again after one has checked it; so this speaks HTTP/1.0 to the very address that was checked. It
 * gives up at the byte limit, and at a deadline that a peer that sends one byte a second cannot extend.
 */
final class CrlFetch {

    private static final int MAX_HEAD = 16 << 10;

    private final RevocationPolicy policy;

    CrlFetch(RevocationPolicy policy) {
        this.policy = policy;
    }

    byte[] get(String url) throws IOException {
        URI uri = parse(url);
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        InetAddress address = InetAddress.getByName(uri.getHost());
        if (!policy.allowPrivateAddresses() && isPrivate(address)) {
            throw new IOException("not fetched: " + address.getHostAddress() + " is not a public address");
        }
        long deadline = System.nanoTime() + policy.timeout().toNanos();
        int timeoutMillis = (int) Math.min(Integer.MAX_VALUE, policy.timeout().toMillis());
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), timeoutMillis);
            String path = (uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath())
                    + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.0\r\nHost: " + uri.getRawAuthority()
                                    + "\r\nUser-Agent: pgpool-certwatch\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return body(read(socket, deadline));
        }
    }

    private static URI parse(String url) throws IOException {
        try {
            URI uri = new URI(url);
            if (uri.getHost() == null || !"http".equalsIgnoreCase(uri.getScheme())) {
                throw new IOException("not an http URL with a host");
            }
            return uri;
        } catch (URISyntaxException e) {
            throw new IOException("not a URL: " + e.getReason(), e);
        }
    }

    static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
        boolean sharedSpace = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()
                || uniqueLocal
                || sharedSpace;
    }

    private byte[] read(Socket socket, long deadline) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        InputStream in = socket.getInputStream();
        while (true) {
            long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0) {
                throw new SocketTimeoutException(
                        "not fetched within " + policy.timeout().toMillis() + " ms");
            }
            socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, leftMillis));
            int count = in.read(buffer);
            if (count < 0) {
                return read.toByteArray();
            }
            read.write(buffer, 0, count);
            if (read.size() > policy.maxBytes() + MAX_HEAD) {
                throw new IOException("more than " + policy.maxBytes() + " bytes");
            }
        }
    }

    private static byte[] body(byte[] response) throws IOException {
        String text = new String(response, 0, Math.min(response.length, MAX_HEAD), StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        int firstLine = text.indexOf("\r\n");
        if (end < 0 || !text.matches("(?s)HTTP/1\\.[01] 200[ \r].*")) {
            String status = firstLine < 0 ? "no HTTP answer" : text.substring(0, Math.min(firstLine, 80));
            throw new IOException(status + " (expected: status 200)");
        }
        byte[] body = new byte[response.length - end - 4];
        System.arraycopy(response, end + 4, body, 0, body.length);
        return body;
    }
}
