package dev.pgpool.examples.quickstart;

import dev.pgpool.examples.CertificateDemo;
import java.io.PrintStream;

/**
 * The part of the quickstart about certificates: TLS is switched on in the server started for it, whose certificate is
 * renewed, while a file ends in five days. A server of the user's own is left alone: its TLS is not ours to change.
 */
public final class CertificateSection {

    private CertificateSection() {}

    /** Whether the alarm and the renewal were seen, or there was nothing to show. */
    public static boolean run(BankServer server, PrintStream out) {
        if (!server.isEmbedded()) {
            return true;
        }
        out.printf("%n  certificates of this PostgreSQL, of an HTTPS server and of a file%n%n");
        String url = "jdbc:postgresql://" + server.host() + ":" + server.port() + "/" + server.database() + "?user="
                + server.user();
        try {
            CertificateDemo.run(
                    url, server.host(), server.port(), text -> text.lines().forEach(line -> out.println("  " + line)));
            out.printf("%n  OK: the alarm and the renewal were seen%n%n");
            return true;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            out.printf("%n  FAILED: %s%n%n", e);
            return false;
        }
    }
}
