package dev.pgpool.core.internal.server;

import dev.pgpool.core.internal.params.ParameterRegistry;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.WireViolation;
import io.netty.buffer.ByteBuf;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a server's session: what the server has reported, and what we have set beyond that. Confined to the event
 * loop of the server.
 */
final class ServerParameters {
    /** The encoding that is none: what comes from or goes to it is not converted. */
    private static final String UNCONVERTED = "SQL_ASCII";

    private final ServerConnection server;
    private final ParameterRegistry registry;
    private final Map<String, String> readOnly = new LinkedHashMap<>();
    private SessionParameters current;
    private SessionParameters atLogin;

    ServerParameters(ServerConnection server, ParameterRegistry registry) {
        this.server = server;
        this.registry = registry;
        this.current = registry.of(Map.of());
        this.atLogin = current;
    }

    /** The settable ones as they stand now. */
    SessionParameters current() {
        return current;
    }

    /** The settable ones as the server began with them: its defaults. */
    SessionParameters atLogin() {
        return atLogin;
    }

    /** Those that only the server sets, like its version. */
    Map<String, String> readOnly() {
        return readOnly;
    }

    /** What stands now are the server's defaults. */
    void areDefaults() {
        atLogin = current;
    }

    void became(SessionParameters now) {
        current = now;
    }

    /** Those that the server does not report are at their defaults. */
    void forgetUnreported() {
        current = registry.onlyNamed(current, atLogin);
    }

    void forget(Collection<String> names) {
        current = registry.without(current, names);
    }

    /**
     * Reads a complete ParameterStatus and remembers it.
     *
     * @return the name, if the value has to be read back: it has bytes above 127, and those are in the encoding of the client
     */
    @Nullable
    String read(MessageCursor message) {
        ByteBuf buf = message.buffer();
        int nameEnd = MessageReader.endOfString(buf, message.bodyIndex(), message.bodyEnd());
        int valueEnd = nameEnd < 0 ? -1 : MessageReader.endOfString(buf, nameEnd + 1, message.bodyEnd());
        if (valueEnd < 0) {
            throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "malformed ParameterStatus");
        }
        String name = RawText.read(buf, message.bodyIndex(), nameEnd);
        String value = RawText.read(buf, nameEnd + 1, valueEnd);
        if (SessionParameters.isSettable(name)) {
            boolean ascii = RawText.isAscii(value);
            if (ascii || !isForeign()) {
                current = registry.with(current, name, value);
            }
            return ascii ? null : name;
        }
        readOnly.put(name, value);
        if (ServerRole.isToldBy(name)) {
            server.roleTold();
        }
        return null;
    }

    /** Whether text that comes from the server now is in another encoding than the values of parameters. */
    boolean isForeign() {
        String client = current.get("client_encoding");
        String own = readOnly.get("server_encoding");
        return client != null
                && own != null
                && !client.equalsIgnoreCase(own)
                && !client.equalsIgnoreCase(UNCONVERTED)
                && !own.equalsIgnoreCase(UNCONVERTED);
    }
}
