package dev.pgpool.core.internal.auth.ldap;

/** A password was not found to be right; the message says why, for the log, and has no secret in it. */
final class LdapRefusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean ofTheDirectory;

    /** @param ofTheDirectory whether it is the directory's or the configuration's fault, and not the client's */
    LdapRefusal(String message, boolean ofTheDirectory) {
        super(LdapText.shown(message), null, false, false);
        this.ofTheDirectory = ofTheDirectory;
    }

    boolean isOfTheDirectory() {
        return ofTheDirectory;
    }
}
