package dev.pgpool.core.internal.client;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.internal.auth.ClientAuthenticator;
import dev.pgpool.core.internal.auth.hba.AccessRules;
import dev.pgpool.core.internal.auth.hba.ClientAttributes;
import dev.pgpool.core.internal.auth.hba.HbaRule;
import dev.pgpool.core.internal.tls.PeerCertificate;
import dev.pgpool.core.internal.tls.TlsServerEndPoint;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.internal.wire.PoolerError;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * How a client has to prove who it is: by the method of the first rule that is for it. Each method ends in a refusal, in an
 * acceptance, or in a question to the client.
 */
final class LoginMethods {
    private final ClientSession session;
    private final LoginRequest request;
    private final LoginTerms terms;
    private final LoginProof proof;
    private final LoginLookup lookup;
    private final LoginPhase login;

    private boolean unknownToServers;

    LoginMethods(
            ClientSession session,
            LoginRequest request,
            LoginTerms terms,
            LoginProof proof,
            LoginLookup lookup,
            LoginPhase login) {
        this.session = session;
        this.request = request;
        this.terms = terms;
        this.proof = proof;
        this.lookup = lookup;
        this.login = login;
    }

    /** Whether no server knows the user either: what is logged then is more than the client is told. */
    boolean isUnknownToServers() {
        return unknownToServers;
    }

    void apply(AccessRules rules) {
        Peer peer = terms.peer();
        ClientAttributes client = new ClientAttributes(
                peer.address(), peer.encrypted(), request.isPhysicalReplication(), request.database(), request.user());
        Optional<HbaRule> rule = rules.find(client);
        if (rule.isEmpty()) {
            login.refused(PoolerError.NO_HBA_ENTRY.with(client.described()), "no rule is for this client");
            return;
        }
        switch (rule.get().method()) {
            case TRUST -> trust(rule.get());
            case REJECT ->
                login.refused(
                        terms.login().rules() == null
                                ? PoolerError.LOGIN_REJECTED.with(request.user())
                                : PoolerError.HBA_REJECTED.with(client.described()),
                        "rejected by " + rule.get().where());
            case PASSWORD, MD5, SCRAM_SHA_256 ->
                lookup.later(secret(), found -> askForSecret(rule.get().method(), found));
            case CERT -> checkCertificate(rules, rule.get());
            case PEER -> checkPeer(rules, rule.get());
            case AUTHENTICATOR -> askForPassword();
            case LDAP ->
                askDirectory(
                        rule.get().ldap().or(() -> terms.config().auth().ldap()).orElseThrow());
        }
    }

    private CompletionStage<Optional<Credential>> secret() {
        return terms.login().secrets().find(request.database(), request.user(), session.connection()::isOpen);
    }

    private void accepted() {
        login.accepted(Unpooled.EMPTY_BUFFER, LoginExchange.Admission.PLAIN);
    }

    // ---- without a question

    private void trust(HbaRule rule) {
        if (!terms.config().auth().trustKnownUsersOnly()) {
            accepted();
            return;
        }
        lookup.later(secret(), found -> {
            note(found);
            if (found.isPresent()) {
                accepted();
            } else {
                PoolerError error = unknownToServers ? PoolerError.TRUST_FOUND_NOBODY : PoolerError.TRUST_REFUSED;
                login.refused(error.with(request.user()), "trusted by " + rule.where() + ", but not known");
            }
        });
    }

    private void checkCertificate(AccessRules rules, HbaRule rule) {
        PeerCertificate certificate = terms.peer().certificate();
        if (certificate == null) {
            login.refused(PoolerError.CERTIFICATE_REFUSED.with(request.user()), "no certificate that TLS has verified");
            return;
        }
        String name = rule.byDistinguishedName() ? certificate.distinguishedName() : certificate.commonName();
        if (name != null && !name.isEmpty() && rules.allows(rule, name, request.user())) {
            accepted();
            return;
        }
        String reason = name == null || name.isEmpty()
                ? "the certificate has no name of the wanted kind"
                : "the certificate is for \"" + name + "\", who may not be this user by " + rule.where();
        login.refused(PoolerError.CERTIFICATE_REFUSED.with(request.user()), reason);
    }

    private void checkPeer(AccessRules rules, HbaRule rule) {
        lookup.blocking(() -> SystemUsers.nameOf(session.connection().channel()), name -> {
            if (name.isPresent() && rules.allows(rule, name.get(), request.user())) {
                accepted();
            } else {
                login.refused(
                        PoolerError.PEER_REFUSED.with(request.user()),
                        name.map(known -> "the peer is \"" + known + "\", who may not be this user by " + rule.where())
                                .orElse("the system does not say who the peer is"));
            }
        });
    }

    // ---- with a question

    private void note(Optional<Credential> found) {
        if (found.isEmpty()) {
            unknownToServers = terms.login().secrets().asksServers(request.database());
            session.services().listener().onUnknownUser(ClientView.of(session));
        }
    }

    private void askForSecret(ClientAuthentication method, Optional<Credential> credential) {
        note(credential);
        TlsSession tls = session.connection().tls();
        Optional<ChannelBinding> binding = tls == null
                ? Optional.empty()
                : Optional.of(session.services().tls().clients().channelBinding());
        LoginProof.Asked now = new LoginProof.Asked(method, binding, credential);
        if (isAnswered(now)) {
            return;
        }
        ClientAuthenticator authenticator = new ClientAuthenticator(
                method,
                request.user(),
                credential.orElse(null),
                session.services().random());
        if (tls != null) {
            authenticator.encrypted(TlsServerEndPoint.of(tls.serverCertificate()), binding.orElseThrow());
        }
        login.ask(now, new SecretExchange(session, authenticator, request.user(), login));
    }

    /** Whether the client has been asked before the configuration changed: it can't be asked twice. */
    private boolean isAnswered(LoginProof.Asked now) {
        if (!proof.isFromBefore()) {
            return false;
        }
        LoginExchange.Admission admission = proof.stillGoodFor(now);
        if (admission != null) {
            login.accepted(Unpooled.EMPTY_BUFFER, admission);
        } else {
            login.refused(PoolerError.LOGIN_OUTDATED.with(request.user()), "another method or secret by now");
        }
        return true;
    }

    private void askForPassword() {
        AuthConfig auth = terms.config().auth();
        if (!terms.peer().isConfidential() && !auth.authenticatorWithoutTls()) {
            login.refused(
                    PoolerError.CLEARTEXT_REFUSED.with(request.user()), "a password in clear over TCP without TLS");
            return;
        }
        Authenticator authenticator = auth.authenticator().orElseThrow();
        LoginProof.Asked now =
                new LoginProof.Asked(ClientAuthentication.AUTHENTICATOR, Optional.empty(), authenticator);
        if (!isAnswered(now)) {
            askForPassword(
                    now,
                    AuthenticatorExchange.Judge.ofTheHost(
                            authenticator, terms.login().blocking(), request.user()));
        }
    }

    private void askDirectory(LdapConfig directory) {
        LoginProof.Asked now = new LoginProof.Asked(ClientAuthentication.LDAP, Optional.empty(), directory);
        if (!isAnswered(now)) {
            askForPassword(
                    now,
                    AuthenticatorExchange.Judge.directory(
                            directory, terms.login().directories(), request.user()));
        }
    }

    private void askForPassword(LoginProof.Asked now, AuthenticatorExchange.Judge judge) {
        Peer peer = terms.peer();
        login.ask(
                now,
                new AuthenticatorExchange(
                        session,
                        judge,
                        password -> new Authenticator.Request(
                                request.user(),
                                request.database(),
                                peer.remote(),
                                peer.encrypted(),
                                request.applicationName(),
                                password),
                        request.user(),
                        login));
    }
}
