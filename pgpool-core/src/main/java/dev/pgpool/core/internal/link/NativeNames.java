package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.wire.FrontendWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The client's own names that a server may have, beside or in the place of names of ours. They are closed before the next
 * client's first message.
 *
 * <pre>
 *   none ──name given──> some ──begin──> leftover ──sweep──> none
 *                         │
 *                         └──all given──> all ──begin──> leftover
 * </pre>
 *
 * <p>Part of a link and reused like it. Confined to the event loop.
 */
final class NativeNames {
    private final Exchange x;
    private final Set<String> names = new HashSet<>();
    /** They are those of the client before. */
    private boolean leftover;
    /** The server has the client's statements under their own names, and nothing else. */
    private boolean all;

    NativeNames(Exchange x) {
        this.x = x;
    }

    /** A new client begins. */
    void begin() {
        leftover = !names.isEmpty();
        all = false;
    }

    /** Whether the server may have names of the client before. */
    boolean isLeftover() {
        return leftover;
    }

    /** Closes the names of the client before. */
    void sweep() {
        leftover = false;
        names.forEach(name -> close(bytes(name), null));
        names.clear();
    }

    /** Whether what the client parses now is to have its own name on the server. */
    boolean isNative() {
        return x.bindsClients || all || (x.isBound() && x.pins.mayHavePrepared());
    }

    /** Whether the server has the client's statements under their own names, and nothing else. */
    boolean isAll() {
        return all;
    }

    /** The server gets all of the client's statements under their own names. */
    void onAll() {
        all = true;
    }

    /** The server gets a statement under this name of the client. */
    void given(Named named) {
        names.add(named.text());
        named.nativeIn(x.session);
    }

    /** The server gets something under this name of the client that is not its statement. */
    void placeholder(Named named) {
        names.add(named.text());
    }

    /** The server has nothing under this name any more. */
    void taken(String name) {
        names.remove(name);
    }

    /** Whether the server may have something under this name of the client, beside its copy. */
    boolean mayHave(Named named) {
        return !names.isEmpty() && names.contains(named.text());
    }

    /** Closes the server's statement of that name, be it a copy or not. */
    void close(byte[] name, @Nullable Statement copy) {
        FrontendWriter.closeStatement(x.toServer.space(), name);
        x.expected.add(ExpectedReplies.CLOSE | ExpectedReplies.SKIP, copy);
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }
}
