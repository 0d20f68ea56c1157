package dev.pgpool.core.internal.link;

import static dev.pgpool.core.internal.link.ExpectedReplies.FAKE;
import static dev.pgpool.core.internal.link.ExpectedReplies.KIND;
import static dev.pgpool.core.internal.link.ExpectedReplies.SKIP;

import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.Unnamed;
import org.jspecify.annotations.Nullable;

/**
 * What a server skips after an error has not happened: names that were given are free again, names that were given up stand for
 * what they stood for, and the server has the copies that it had.
 *
 * <p>Part of a link, confined to its event loop.
 */
final class SkippedMessages implements ExpectedReplies.Undo {
    private final Exchange x;

    SkippedMessages(Exchange x) {
        this.x = x;
    }

    @Override
    public void undo(int code, @Nullable Object subject, long batch, boolean failed) {
        LinkedClient current = x.client;
        ClientStatements known = current == null ? null : current.knownStatements();
        boolean parse = (code & KIND) == ExpectedReplies.PARSE;
        if (subject instanceof Named named) {
            undoNamed(code, named, batch, known);
        } else if (subject instanceof Statement statement) {
            if (parse) {
                x.server.statements().unsent(statement, batch);
            } else if ((code & KIND) == ExpectedReplies.CLOSE) {
                x.server.statements().restored(statement);
            }
        } else if (subject instanceof NameSpace.Repeated repeated) {
            repeated.named().nativeIn(0);
        } else if (subject instanceof NameSpace.Replacement replacement) {
            if (known != null) {
                known.remove(replacement.now());
                known.restore(replacement.before());
            }
        } else {
            Unnamed change = UnnamedChanges.change(subject);
            if (change != null) {
                if (parse && change == subject) {
                    x.unnamed.parseUndone();
                }
                undoUnnamed(code, change, batch, failed, known);
            }
        }
    }

    private void undoNamed(int code, Named named, long batch, @Nullable ClientStatements known) {
        if ((code & KIND) == ExpectedReplies.PARSE) {
            if (known != null) {
                known.remove(named);
            }
            if ((code & FAKE) == 0) {
                x.server.statements().unsent(named.parsed(), batch);
            }
        } else if ((code & KIND) == ExpectedReplies.CLOSE && known != null) {
            known.restore(named);
            Copy copy = named.copy();
            if (copy != null) {
                copy.hold(x.session);
            }
        }
    }

    private void undoUnnamed(int code, Unnamed change, long batch, boolean failed, @Nullable ClientStatements known) {
        x.server.unnamed().undone(batch);
        // what the client did not ask for changes nothing of its
        if (known != null && (code & SKIP) == 0) {
            x.unnamed.undo(change, batch, failed, known);
        }
    }
}
