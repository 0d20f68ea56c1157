package dev.pgpool.core.internal.wire;

/** The byte in a ReadyForQuery: where a server stands after all that it was asked for. */
public enum TransactionStatus {
    IDLE('I'),
    IN_TRANSACTION('T'),
    FAILED('E');

    private final byte code;

    TransactionStatus(char code) {
        this.code = (byte) code;
    }

    /**
     * The status that a complete ReadyForQuery carries.
     *
     * @throws WireViolation if it carries none
     */
    public static TransactionStatus of(MessageCursor readyForQuery) {
        byte code = readyForQuery.bodyLength() == 1 ? readyForQuery.buffer().getByte(readyForQuery.bodyIndex()) : 0;
        return switch (code) {
            case 'I' -> IDLE;
            case 'T' -> IN_TRANSACTION;
            case 'E' -> FAILED;
            default -> throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "ReadyForQuery without a status");
        };
    }

    public byte code() {
        return code;
    }
}
