package dev.pgpool.certwatch.internal.tls;

import java.nio.charset.StandardCharsets;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;

/**
 * A host name for SNI that is sent as it is. {@code SNIHostName} refuses underscores, which names of containers and
 * databases have.
 */
final class RawServerName extends SNIServerName {

    RawServerName(String asciiName) {
        super(StandardConstants.SNI_HOST_NAME, asciiName.getBytes(StandardCharsets.US_ASCII));
    }
}
