package dev.pgpool.core.internal.embedded;

import java.io.IOException;

/** An event loop of the pooler was to wait for the pooler. */
final class EventLoopException extends IOException {
    private static final long serialVersionUID = 1;

    EventLoopException() {
        super("an event loop of the pooler can't wait for an answer of the pooler: call from another thread");
    }
}
