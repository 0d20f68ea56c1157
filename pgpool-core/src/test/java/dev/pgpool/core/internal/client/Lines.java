package dev.pgpool.core.internal.client;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages of a server as short lines of text: {@code DataRow 1}, {@code Error 26000 ...}, {@code ReadyForQuery I}. */
final class Lines {

    private Lines() {}

    static List<String> of(byte[] bytes) {
        List<String> lines = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining()) {
            char type = (char) in.get();
            int length = in.remaining() < 4 ? -1 : in.getInt() - 4;
            if (length < 0 || length > in.remaining()) {
                lines.add("cut off " + type);
                break;
            }
            byte[] body = new byte[length];
            in.get(body);
            lines.add(line(type, body));
        }
        return lines;
    }

    private static String line(char type, byte[] body) {
        return switch (type) {
            case 'R' ->
                "Authentication "
                        + (body.length < 4 ? "cut off" : ByteBuffer.wrap(body).getInt());
            case 'K' -> "BackendKeyData";
            case 'S' -> "ParameterStatus " + text(body, 0).replace('\0', '=');
            case 'Z' -> "ReadyForQuery " + (body.length < 1 ? "cut off" : (char) body[0]);
            case 'C' -> "CommandComplete " + text(body, 0);
            case 'D' -> "DataRow " + text(body, 6);
            case 'T' -> "RowDescription";
            case 't' -> "ParameterDescription " + (body.length < 2 ? "cut off" : body[1]);
            case 'd' -> "CopyData " + text(body, 0).strip();
            case '1' -> "ParseComplete";
            case '2' -> "BindComplete";
            case '3' -> "CloseComplete";
            case 'n' -> "NoData";
            case 'I' -> "EmptyQueryResponse";
            case 'G' -> "CopyInResponse";
            case 'H' -> "CopyOutResponse";
            case 'c' -> "CopyDone";
            case 'V' -> "FunctionCallResponse";
            case 'E', 'N' -> error(type, body);
            default -> "Message " + type;
        };
    }

    private static String error(char type, byte[] body) {
        String severity = "";
        String state = "";
        String message = "";
        for (String field : text(body, 0).split("\0")) {
            if (!field.isEmpty()) {
                switch (field.charAt(0)) {
                    case 'S' -> severity = field.substring(1);
                    case 'C' -> state = field.substring(1);
                    case 'M' -> message = field.substring(1);
                    default -> {
                        // not shown
                    }
                }
            }
        }
        return (type == 'E' ? "" : "Notice ") + severity + " " + state + " " + message;
    }

    /** What a fuzzed server says may be shorter than it should be. */
    private static String text(byte[] body, int from) {
        if (body.length < from) {
            return "cut off";
        }
        int end = body.length;
        while (end > from && body[end - 1] == 0) {
            end--;
        }
        return new String(body, from, end - from, StandardCharsets.UTF_8);
    }
}
