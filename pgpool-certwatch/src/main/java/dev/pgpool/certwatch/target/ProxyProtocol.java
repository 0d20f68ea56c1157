package dev.pgpool.certwatch.target;

/**
 * The header that a load balancer sends before all else, to tell from where a client came; servers behind one often refuse
 * connections without it.
 *
 * @see <a href="https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt">The PROXY protocol</a>
 */
public enum ProxyProtocol {
    /** The line of text. */
    V1,
    /** The binary header. */
    V2
}
