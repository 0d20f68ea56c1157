package dev.pgpool.core.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.IllegalReferenceCountException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of connections that fail. */
class SocketWordsTest {
    private static Throwable caused(Throwable outer, Throwable inner) {
        outer.initCause(inner);
        return outer;
    }

    static Stream<Arguments> failures() {
        ConnectException refused =
                new ConnectException("finishConnect(..) failed with error(-111): Connection refused");
        return Stream.of(
                Arguments.of(refused, "Connection refused"),
                Arguments.of(
                        caused(
                                new ConnectException("finishConnect(..) failed with error(-111): Connection refused:"
                                        + " localhost/127.0.0.1:5432"),
                                refused),
                        "Connection refused"),
                Arguments.of(new ConnectException("Connection refused"), "Connection refused"),
                Arguments.of(
                        caused(
                                new ConnectException("Connection refused: /127.0.0.1:1"),
                                new ConnectException("Connection refused")),
                        "Connection refused"),
                Arguments.of(
                        new IOException("connect(..) failed with error(-2): No such file or directory"),
                        "No such file or directory"),
                Arguments.of(
                        new IOException("socket(..) failed with error(-24): Too many open files"),
                        "Too many open files"),
                Arguments.of(new NoRouteToHostException("No route to host"), "No route to host"),
                Arguments.of(
                        caused(new NoRouteToHostException("null: /1.2.3.4:5"), new NoRouteToHostException()),
                        "Network is unreachable"),
                Arguments.of(
                        caused(new ConnectException("null: /tmp/x"), new FileNotFoundException()),
                        "No such file or directory"),
                Arguments.of(
                        new ConnectTimeoutException("connection timed out after 5 ms: /1.2.3.4:5"),
                        "Connection timed out"),
                Arguments.of(
                        new SslHandshakeTimeoutException("handshake timed out after 10000ms"), "Connection timed out"),
                Arguments.of(new ClosedChannelException(), "server closed the connection unexpectedly"),
                Arguments.of(
                        new SSLHandshakeException("Connection closed while SSL/TLS handshake was in progress"),
                        "server closed the connection unexpectedly"),
                Arguments.of(
                        new NotSslRecordException("not an SSL/TLS record: 4854"),
                        "server sent something else than TLS"),
                Arguments.of(
                        new UnknownHostException("db.invalid: Temporary failure in name resolution"),
                        "could not translate host name to address: Temporary failure in name resolution"),
                Arguments.of(
                        new CompletionException(new UnknownHostException("db.invalid")),
                        "could not translate host name to address: Name or service not known"),
                Arguments.of(new UnresolvedAddressException(), "could not translate host name to address"),
                Arguments.of(new SSLHandshakeException("PKIX path building failed"), "PKIX path building failed"),
                Arguments.of(new IllegalReferenceCountException(0), "connection failed"),
                Arguments.of(new IllegalStateException((String) null), "connection failed"),
                Arguments.of(null, "server closed the connection unexpectedly"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void areTheSystemsWords(Throwable problem, String words) {
        assertThat(SocketWords.of(problem)).isEqualTo(words);
    }

    @Test
    void errorsOfTheNativeTransportAreTold() {
        assertThat(SocketWords.of(new IOException("recvAddress(..) failed with error(-104): Connection reset by peer")))
                .isEqualTo("Connection reset by peer");
    }

    @Test
    void placesAreNamedAsLibpqDoes() throws UnknownHostException {
        InetAddress ip = InetAddress.getByAddress("db1", new byte[] {10, 0, 0, 5});
        assertThat(SocketWords.place("db1", new InetSocketAddress(ip, 5_432)))
                .isEqualTo("at \"db1\" (10.0.0.5), port 5432");
        assertThat(SocketWords.place("10.0.0.5", new InetSocketAddress(ip, 5_432)))
                .isEqualTo("at \"10.0.0.5\", port 5432");
        assertThat(SocketWords.place("/run", UnixDomainSocketAddress.of("/run/.s.PGSQL.5432")))
                .isEqualTo("on socket \"/run/.s.PGSQL.5432\"");
    }
}
