package dev.pgpool.core.internal.embedded;

import io.netty.channel.ChannelId;

/** What a channel goes by in Netty: a number, since Netty's own ids take more memory than all else of a channel at rest. */
record ConnectionId(long number) implements ChannelId {
    private static final long serialVersionUID = 1;

    @Override
    public String asShortText() {
        return "in-process-" + number;
    }

    @Override
    public String asLongText() {
        return asShortText();
    }

    @Override
    public int compareTo(ChannelId other) {
        return other instanceof ConnectionId id
                ? Long.compare(number, id.number)
                : asLongText().compareTo(other.asLongText());
    }
}
