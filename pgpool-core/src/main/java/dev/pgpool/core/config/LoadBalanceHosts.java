package dev.pgpool.core.config;

/** Which of several hosts a new server connection tries first. */
public enum LoadBalanceHosts {
    /** Each connection begins with the host after the one before; so do the addresses of one name. */
    ROUND_ROBIN,
    /** All connections go to one host until it fails, then to the next one. */
    DISABLE
}
