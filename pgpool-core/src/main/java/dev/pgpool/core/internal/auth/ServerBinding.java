package dev.pgpool.core.internal.auth;

import dev.pgpool.core.config.ChannelBinding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether our authentication to a server is bound to the connection, decided as libpq decides it. With {@link
 * ChannelBinding#REQUIRE} nothing but a bound SCRAM exchange is gone through with: anything else might give our password
 * to an attacker in between.
 */
final class ServerBinding {
    private final ChannelBinding wanted;
    private boolean encrypted;
    private byte @Nullable [] serverEndPoint;
    private boolean bound;

    ServerBinding(ChannelBinding wanted) {
        this.wanted = wanted;
    }

    void encrypted(byte @Nullable [] endPoint) {
        encrypted = true;
        serverEndPoint = endPoint;
    }

    /** Throws if what the server asks for, or that it asks for nothing, is not what must be. */
    void check(int request) {
        if (wanted != ChannelBinding.REQUIRE) {
            return;
        }
        switch (request) {
            case AuthenticationMessages.SASL,
                    AuthenticationMessages.SASL_CONTINUE,
                    AuthenticationMessages.SASL_FINAL -> {
                // how it is bound is seen in the course of it
            }
            case AuthenticationMessages.OK -> {
                if (!bound) {
                    throw refused("channel binding required, but server authenticated client without channel binding");
                }
            }
            default -> throw refused("channel binding required but not supported by server's authentication request");
        }
    }

    /** The mechanism to use, for which the client is made ready; null if there is none that we know. */
    @Nullable
    String choose(List<String> offered, ScramClient scram) {
        boolean offersPlus = offered.contains(AuthenticationMessages.SCRAM_SHA_256_PLUS);
        if (offersPlus && !encrypted) {
            throw refused("server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection");
        }
        byte[] endPoint = serverEndPoint;
        boolean able = wanted != ChannelBinding.DISABLE && endPoint != null;
        if (wanted == ChannelBinding.REQUIRE && !(able && offersPlus)) {
            throw refused(
                    encrypted
                            ? "channel binding is required, but server did not offer an authentication method that"
                                    + " supports channel binding"
                            : "channel binding required, but SSL not in use");
        }
        if (able && offersPlus && endPoint != null) {
            scram.bind(endPoint);
            bound = true;
            return AuthenticationMessages.SCRAM_SHA_256_PLUS;
        }
        if (!offered.contains(AuthenticationMessages.SCRAM_SHA_256)) {
            return null;
        }
        if (able) {
            scram.wouldBind();
        }
        return AuthenticationMessages.SCRAM_SHA_256;
    }

    private static AuthenticationProtocolException refused(String why) {
        return new AuthenticationProtocolException(AuthenticationProtocolException.INVALID_AUTHORIZATION, why);
    }
}
