package dev.pgpool.certwatch.internal.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON by jackson-core, which is there anyway, and YAML by SnakeYAML, where the host has it on the class path. All scalars
 * are texts as written: {@code 1.10} stays what it is.
 */
public final class Documents {

    /** No document of ours is deeper; and code that walks a tree may do so by recursion. */
    static final int MAX_DEPTH = 40;

    private Documents() {}

    /** Whether a text looks like JSON rather than like YAML. */
    public static boolean looksLikeJson(String text) {
        String start = text.stripLeading();
        return start.startsWith("{") || start.startsWith("[");
    }

    /**
     * Reads all documents of a text.
     *
     * @throws DocumentException if it is neither JSON nor YAML, or too deep, or YAML while no library for it is there
     */
    public static List<Object> read(String text) throws DocumentException {
        String clean = text.startsWith("\uFEFF") ? text.substring(1) : text;
        if (looksLikeJson(clean)) {
            return JsonTree.read(clean);
        }
        try {
            return YamlTree.read(clean);
        } catch (NoClassDefFoundError e) {
            throw new DocumentException("YAML (expected: org.yaml:snakeyaml on the class path, or JSON)");
        }
    }

    /** The value at a path of keys; absent if there is none. */
    public static @Nullable Object at(@Nullable Object tree, String... keys) {
        Object now = tree;
        for (String key : keys) {
            now = now instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return now;
    }

    /** The text at a path of keys; empty if there is none. */
    public static String text(@Nullable Object tree, String... keys) {
        return at(tree, keys) instanceof String text ? text : "";
    }

    /** The list at a path of keys; empty if there is none. */
    public static List<?> list(@Nullable Object tree, String... keys) {
        return at(tree, keys) instanceof List<?> list ? list : List.of();
    }

    /** Keys and texts of the map at a path of keys; what is no text is left out. */
    public static List<Map.Entry<String, String>> texts(@Nullable Object tree, String... keys) {
        List<Map.Entry<String, String>> texts = new ArrayList<>();
        if (at(tree, keys) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (key instanceof String name && value instanceof String text) {
                    texts.add(Map.entry(name, text));
                }
            });
        }
        return texts;
    }
}
