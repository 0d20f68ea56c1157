package dev.pgpool.core.auth;

/**
 * How clients prove who they are, in the words of PgBouncer's {@code auth_type}.
 *
 * <p>Which {@link Credential} each method can check:
 *
 * <table>
 * <caption>Methods and credentials</caption>
 * <tr><th>method</th><th>Plain</th><th>Md5</th><th>ScramVerifier, ScramClientKey</th></tr>
 * <tr><td>{@link #TRUST}</td><td>not asked</td><td>not asked</td><td>not asked</td></tr>
 * <tr><td>{@link #PASSWORD}</td><td>yes</td><td>yes</td><td>yes</td></tr>
 * <tr><td>{@link #MD5}</td><td>yes</td><td>yes</td><td>yes, by SCRAM-SHA-256</td></tr>
 * <tr><td>{@link #SCRAM_SHA_256}</td><td>yes</td><td>refused</td><td>yes</td></tr>
 * <tr><td>{@link #CERT}, {@link #PEER}, {@link #AUTHENTICATOR}, {@link #LDAP}</td><td>not asked</td><td>not asked</td><td>not
 * asked</td></tr>
 * </table>
 *
 * <p>PgBouncer's {@code any} (every client, as the one user of the database) is {@link #TRUST} with {@code
 * DatabaseBuilder.user}.
 */
public enum ClientAuthentication {
    /** Every client that reaches the listener is who it says it is; nothing is asked and no secret is looked up. */
    TRUST,

    /** The client sends its password in clear; only for connections that are encrypted or local. */
    PASSWORD,

    /**
     * The client answers a challenge with an MD5 digest, as PostgreSQL before version 14 did. A user whose secret is a
     * SCRAM verifier is asked for SCRAM-SHA-256 instead. Unknown users are asked for MD5.
     */
    MD5,

    /** The client and the pooler prove to each other that they know the secret; nothing reusable crosses the wire. */
    SCRAM_SHA_256,

    /**
     * The client shows a certificate that the listener's TLS has verified; the name in it, or what the user map makes of
     * that name, must be the user. Without TLS, or without a certificate, no client gets in.
     */
    CERT,

    /**
     * The operating system says who is at the other end of the unix socket; that name, or what the user map makes of it,
     * must be the user. No client gets in by TCP.
     */
    PEER,

    /** The client sends a password or token in clear, and the host's own {@link Authenticator} judges it. */
    AUTHENTICATOR,

    /**
     * The client sends its password in clear, and an LDAP directory judges it. Servers are logged in to with the same password,
     * unless the database has a user of its own. No other secret is looked up. Where the password must not be seen, the
     * client's connection needs TLS.
     */
    LDAP,

    /** No client gets in. */
    REJECT
}
