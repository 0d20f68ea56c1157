package dev.pgpool.core.internal.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands between {@code -----BEGIN} and {@code -----END}.
 *
 * @param headers lines like {@code DEK-Info: ...} ahead of an empty one
 */
record PemBlock(String label, String headers, String base64) {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----((?:(?!-----).)*+)-----END \\1-----", Pattern.DOTALL);
    private static final Pattern HEADERS = Pattern.compile("\\s*((?:[A-Za-z-]+:[^\\n]*\\n)*)(.*)", Pattern.DOTALL);

    static List<PemBlock> read(String text) {
        List<PemBlock> found = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            Matcher parts = HEADERS.matcher(blocks.group(2));
            boolean divided = parts.matches();
            found.add(new PemBlock(blocks.group(1), divided ? parts.group(1) : "", divided ? parts.group(2) : ""));
        }
        return found;
    }

    /** Whether it is a key in the form from before PKCS#8, in that form's own encryption. */
    boolean isEncrypted() {
        return headers.contains("ENCRYPTED");
    }

    /** @param path of the setting, for messages */
    byte[] decode(String path, Path file) throws TlsProblem {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new TlsProblem(path, file + " whose " + label + " is damaged", "Base64 between the lines");
        }
    }
}
