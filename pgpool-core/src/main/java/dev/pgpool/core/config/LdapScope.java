package dev.pgpool.core.config;

/** How far below the base a search in an LDAP directory looks. */
public enum LdapScope {
    /** At the base only. */
    BASE,

    /** At the entries directly below the base. */
    ONE,

    /** At the base and everything below it. */
    SUB
}
