package dev.pgpool.core.internal.auth.ldap;

import dev.pgpool.core.config.LdapConfig;
import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.Context;
import javax.naming.LimitExceededException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.PartialResultException;
import javax.naming.directory.InvalidSearchFilterException;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import org.jspecify.annotations.Nullable;

/** One connection to a server of the directory, encrypted if that is wanted, anonymous until {@link #bind}. */
final class LdapConnection implements AutoCloseable {
    private static final int CONNECT_MILLIS = 3_000;
    private static final int ANSWER_MILLIS = 5_000;
    private static final int PORT = 389;
    private static final int TLS_PORT = 636;
    /** One would do, and the second one shows that it is not the only one. */
    private static final int MAX_ENTRIES = 2;

    private final LdapContext context;
    private final @Nullable StartTlsResponse tls;

    private LdapConnection(LdapContext context, @Nullable StartTlsResponse tls) {
        this.context = context;
        this.tls = tls;
    }

    /** Connects; nothing is sent yet, but for StartTLS. */
    static LdapConnection open(LdapConfig directory, String server) throws NamingException, IOException {
        // the factory of sockets is found by its name
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(LdapConnection.class.getClassLoader());
        try {
            LdapContext context = new InitialLdapContext(environment(directory, server), null);
            try {
                return new LdapConnection(context, directory.startTls() ? startTls(context) : null);
            } catch (NamingException | IOException | RuntimeException e) {
                close(context);
                throw e;
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static Hashtable<String, Object> environment(LdapConfig directory, String server) {
        int port = directory.port() > 0 ? directory.port() : directory.ldaps() ? TLS_PORT : PORT;
        Hashtable<String, Object> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, (directory.ldaps() ? "ldaps://" : "ldap://") + server + ":" + port);
        environment.put(Context.REFERRAL, "ignore");
        environment.put(Context.SECURITY_AUTHENTICATION, "none");
        // without it, a server that is of version 2 would be sent the password twice
        environment.put("java.naming.ldap.version", "3");
        environment.put("java.naming.ldap.derefAliases", "never");
        environment.put("com.sun.jndi.ldap.connect.pool", "false");
        environment.put("com.sun.jndi.ldap.connect.timeout", String.valueOf(CONNECT_MILLIS));
        environment.put("com.sun.jndi.ldap.read.timeout", String.valueOf(ANSWER_MILLIS));
        if (directory.ldaps()) {
            environment.put("java.naming.ldap.factory.socket", LdapSockets.class.getName());
        }
        return environment;
    }

    private static StartTlsResponse startTls(LdapContext context) throws NamingException, IOException {
        StartTlsResponse tls = (StartTlsResponse) context.extendedOperation(new StartTlsRequest());
        try {
            LdapSockets sockets = new LdapSockets(ANSWER_MILLIS);
            // checks the certificate, and then that it is the server's
            tls.negotiate(sockets);
            sockets.handshakeIsOver();
            return tls;
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("the JVM has no default context for TLS", e);
        }
    }

    /**
     * Logs in; returns if the server says yes.
     *
     * @param password not empty: a server takes a login without a password for an anonymous one, and says yes
     */
    void bind(String entry, String password) throws NamingException {
        if (entry.isEmpty() || password.isEmpty()) {
            throw new IllegalArgumentException("a bind without a name or a password would be an anonymous one");
        }
        context.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
        context.addToEnvironment(Context.SECURITY_PRINCIPAL, entry);
        context.addToEnvironment(Context.SECURITY_CREDENTIALS, password);
        context.reconnect(null);
    }

    /** The names of the entries that a filter finds, two at most. */
    List<String> search(LdapConfig directory, String filter) throws NamingException {
        SearchControls controls = new SearchControls();
        controls.setSearchScope(
                switch (directory.scope()) {
                    case BASE -> SearchControls.OBJECT_SCOPE;
                    case ONE -> SearchControls.ONELEVEL_SCOPE;
                    case SUB -> SearchControls.SUBTREE_SCOPE;
                });
        controls.setCountLimit(MAX_ENTRIES);
        controls.setTimeLimit(ANSWER_MILLIS);
        // no attribute: RFC 4511, 4.5.1.8
        controls.setReturningAttributes(new String[] {"1.1"});
        List<String> found = new ArrayList<>();
        NamingEnumeration<SearchResult> entries = search(directory.baseDn().orElseThrow(), filter, controls);
        try {
            while (found.size() < MAX_ENTRIES && entries.hasMore()) {
                found.add(entries.next().getNameInNamespace());
            }
        } catch (PartialResultException referral) {
            // what other servers have is not asked for
        } catch (LimitExceededException e) {
            if (found.size() < MAX_ENTRIES) {
                throw e;
            }
        } finally {
            entries.close();
        }
        return found;
    }

    // neither attributes nor objects are asked for, so nothing is deserialized
    @SuppressWarnings("BanJNDI")
    private NamingEnumeration<SearchResult> search(String base, String filter, SearchControls controls)
            throws NamingException {
        try {
            return context.search(new LdapName(base), filter, controls);
        } catch (IndexOutOfBoundsException e) {
            // what the JDK makes of an open parenthesis
            throw new InvalidSearchFilterException("malformed filter");
        }
    }

    @Override
    public void close() {
        if (tls != null) {
            try {
                tls.close();
            } catch (IOException e) {
                // it is closed all the same
            }
        }
        close(context);
    }

    private static void close(LdapContext context) {
        try {
            context.close();
        } catch (NamingException e) {
            // it is closed all the same
        }
    }
}
