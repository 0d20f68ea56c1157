package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.sql.GlobalDdl;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads from the tag of a CommandComplete what a command did to statements, parameters and roles. So the pooler learns it also where
 * it has not read the text of the command.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class CommandTags {
    private static final byte[] DEALLOCATE = "DEALLOCATE".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DEALLOCATE_ALL = "DEALLOCATE ALL".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESET = "RESET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DISCARD_ALL = "DISCARD ALL".getBytes(StandardCharsets.US_ASCII);

    /** A tag that is no longer than this says nothing that matters here; a server may also send nonsense. */
    private static final int SHORTEST_TAG = 3;

    private final Exchange x;
    private final NameSpace names;

    CommandTags(Exchange x, NameSpace names) {
        this.x = x;
        this.names = names;
    }

    /** Notes what the tag of a complete CommandComplete says. */
    void note(MessageCursor in) {
        if (in.bodyLength() <= SHORTEST_TAG) {
            return;
        }
        ByteBuf buf = in.buffer();
        int tag = in.bodyIndex();
        switch (buf.getByte(tag)) {
            case 'D' -> {
                if (in.bodyLength() > 10 && buf.getByte(tag + 2) != 'L') {
                    forget(in);
                }
            }
            case 'R' -> {
                if (buf.getByte(tag + 1) == 'O') {
                    // ROLLBACK, of a savepoint too
                    x.server.statements().undone();
                } else if (x.bindsClients && MessageReader.equal(buf, tag, in.bodyEnd() - 1, RESET)) {
                    x.pins.mayHaveResetAll();
                    waitForSettings();
                }
            }
            case 'S' -> {
                if (x.bindsClients && MessageReader.equal(buf, tag, in.bodyEnd() - 1, SET)) {
                    // maybe TO DEFAULT, from a value that was that already
                    mayHaveBeenReset();
                }
            }
            // PREPARE TRANSACTION: other sessions do not see yet what it did to the catalog
            case 'P' -> x.server.statements().undone();
            default -> {
                // says nothing of statements
            }
        }
        if (buf.getByte(in.bodyEnd() - 2) == 'E' && x.globalChange.isNone()) {
            changeOfUnknown(in);
        }
    }

    /** The tag ends like those of commands for roles and databases: it may be of one whose text was not read. */
    private void changeOfUnknown(MessageCursor in) {
        if (GlobalDdl.isTag(in.buffer(), in.bodyIndex(), in.bodyEnd() - 1)) {
            x.globalChange.onUnread();
        }
    }

    /** The client has made the server forget: statements, and with DISCARD ALL settings that we made too. */
    private void forget(MessageCursor in) {
        ByteBuf buf = in.buffer();
        int from = in.bodyIndex();
        int to = in.bodyEnd() - 1;
        boolean all = MessageReader.equal(buf, from, to, DISCARD_ALL);
        if (!all && !MessageReader.equal(buf, from, to, DEALLOCATE_ALL)) {
            if (MessageReader.equal(buf, from, to, DEALLOCATE)) {
                LinkedClient teller = x.client;
                names.deallocated(x.expected.headSubject(), teller == null ? null : teller.knownStatements());
            }
            return;
        }
        x.server.statements().clearConfirmed();
        LinkedClient current = x.client;
        ClientStatements known = current == null ? null : current.knownStatements();
        if (known != null) {
            known.removeIf(named -> !x.expected.isParsePending(named));
        }
        if (all) {
            x.bind();
            x.server.forgetUnreportedParameters();
            x.pins.onDiscarded(x.expected.isLast());
            if (x.bindsClients) {
                waitForSettings();
            }
        }
    }

    /**
     * In a pool of sessions no text is read: that a parameter was returned to its default, which is not what the client began
     * with, the server's report tells.
     */
    void mayHaveBeenReset() {
        LinkedClient current = x.client;
        if (current == null) {
            return;
        }
        SessionParameters startup = current.startupParameters();
        SessionParameters now = x.server.parameters();
        for (String name : startup.names()) {
            String value = now.get(name);
            if (value != null
                    && !value.equals(startup.get(name))
                    && value.equals(x.server.loginParameters().get(name))) {
                x.pins.mayHaveReset(name);
                waitForSettings();
            }
        }
    }

    /** What the client says next, and the ReadyForQuery that it waits for, come when its parameters are what they should be. */
    private void waitForSettings() {
        if (x.expected.isLast()) {
            x.pause.onResetSeen(x.expected.endsInReadyForQuery());
        }
    }
}
