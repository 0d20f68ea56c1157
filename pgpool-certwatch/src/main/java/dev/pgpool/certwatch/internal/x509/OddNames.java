package dev.pgpool.certwatch.internal.x509;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Names in a certificate that Java refuses. */
final class OddNames {

    private static final int BMP_STRING = 0x1e;
    private static final int UTF8_STRING = 0x0c;

    private static final Map<String, String> ATTRIBUTES = Map.of(
            "2.5.4.3", "CN",
            "2.5.4.6", "C",
            "2.5.4.7", "L",
            "2.5.4.8", "ST",
            "2.5.4.10", "O",
            "2.5.4.11", "OU");

    private OddNames() {}

    /** A distinguished name as Java reads it, else what can be made out of it. */
    static X500Principal principal(Der name) {
        try {
            return new X500Principal(name.encoded());
        } catch (RuntimeException e) {
            return made(name);
        }
    }

    private static X500Principal made(Der name) {
        StringBuilder text = new StringBuilder();
        List<Der> parts = name.children();
        for (int i = parts.size() - 1; i >= 0; i--) {
            for (Der attribute : parts.get(i).children()) {
                String oid = attribute.child(0).oid();
                if (!oid.isEmpty()) {
                    text.append(text.isEmpty() ? "" : ",")
                            .append(ATTRIBUTES.getOrDefault(oid, "OID." + oid))
                            .append("=\"")
                            .append(text(attribute.child(1))
                                    .replace("\\", "\\\\")
                                    .replace("\"", "\\\""))
                            .append('"');
                }
            }
        }
        try {
            return new X500Principal(text.toString());
        } catch (RuntimeException e) {
            return new X500Principal("");
        }
    }

    private static String text(Der value) {
        return switch (value.tag()) {
            case BMP_STRING -> new String(value.value(), StandardCharsets.UTF_16BE);
            case UTF8_STRING -> new String(value.value(), StandardCharsets.UTF_8);
            default -> value.text();
        };
    }

    /** Alternative names of the kinds that have a text, in the form of {@code X509Certificate}. */
    static List<List<?>> alternativeNames(Der generalNames) {
        List<List<?>> names = new ArrayList<>();
        for (Der name : generalNames.children()) {
            String text = switch (name.tag()) {
                case 0x81, 0x82, Der.URI -> name.text();
                case 0x87 -> address(name.value());
                default -> null;
            };
            if (text != null) {
                names.add(List.of(name.tag() & 0x1f, text));
            }
        }
        return List.copyOf(names);
    }

    private static @Nullable String address(byte[] bytes) {
        return bytes.length == 4 || bytes.length == 16 ? NetUtil.bytesToIpAddress(bytes) : null;
    }
}
