package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.prepared.ClientStatements.Named;
import dev.pgpool.core.internal.prepared.Copy;
import dev.pgpool.core.internal.prepared.Statement;
import dev.pgpool.core.internal.prepared.Unnamed;

/**
 * What the server's answers tell of statements: that a copy is there, which types it takes, and what it returns.
 *
 * <p>Part of a link, confined to its event loop. Hot path.
 */
final class StatementReplies {
    private final Exchange x;

    StatementReplies(Exchange x) {
        this.x = x;
    }

    /** The Parse that is answered next was obeyed. */
    void parsed() {
        Object subject = x.expected.headSubject();
        if (subject instanceof Statement statement) {
            x.server.statements().confirmed(statement, x.expected.headBatch());
        } else if (subject instanceof Unnamed) {
            x.unnamed.parsed(x.expected.headBatch());
        } else if (subject instanceof Named named) {
            x.server.statements().confirmed(named.parsed(), x.expected.headBatch());
            named.parsedIn(x.transaction.end());
        } else if (subject instanceof NameSpace.Replacement replacement) {
            replacement.now().parsedIn(x.transaction.end());
        }
    }

    /** The server has said what a statement returns: to us, or to the client, which will rely on it. */
    void described(Object subject, int shape) {
        if (subject instanceof Named named) {
            named.shapeBecame(shape);
            if (!named.isNativeIn(x.session)) {
                x.server.statements().shapeIs(named.statement(), shape);
            }
        } else if (subject instanceof Statement statement) {
            x.server.statements().shapeIs(statement, shape);
        } else if (subject instanceof ServerCopies.Inference inference) {
            Copy copy = inference.copy();
            if (copy != null) {
                copy.shapeIs(shape);
            }
        }
    }
}
