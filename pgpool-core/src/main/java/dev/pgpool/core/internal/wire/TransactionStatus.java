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
     * The status that a ReadyForQuery carries.
     *
     * @throws WireViolation if the byte is none of {@code I}, {@code T}, {@code E}
     */
    public static TransactionStatus of(byte code) {
        return switch (code) {
            case 'I' -> IDLE;
            case 'T' -> IN_TRANSACTION;
            case 'E' -> FAILED;
            default -> throw new WireViolation(PoolerError.SERVER_PROTOCOL_VIOLATION, "ReadyForQuery status " + code);
        };
    }

    public byte code() {
        return code;
    }
}
