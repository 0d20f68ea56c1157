package dev.pgpool.certwatch.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Finds all addresses of a name. Called on a worker thread, may block; an answer that takes longer than the limit for
 * resolving counts as failed. Names only: IP literals are not asked for.
 */
@FunctionalInterface
public interface AddressResolver {

    /** The machine's own resolver, as {@link InetAddress#getAllByName(String)}. */
    AddressResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * Resolves a name.
     *
     * @throws UnknownHostException if the name has no address
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
