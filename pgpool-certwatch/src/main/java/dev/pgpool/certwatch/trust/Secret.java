package dev.pgpool.certwatch.trust;

import java.util.Arrays;

/** A password. Prints as stars, so that what holds one can be printed. */
public final class Secret {

    private final char[] chars;

    private Secret(char[] chars) {
        this.chars = chars;
    }

    /** Takes a copy: the caller may wipe its own. */
    public static Secret of(char[] chars) {
        return new Secret(chars.clone());
    }

    /** A copy of the characters, which the caller may wipe. */
    public char[] chars() {
        return chars.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && Arrays.equals(chars, secret.chars);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(chars);
    }

    @Override
    public String toString() {
        return "***";
    }
}
