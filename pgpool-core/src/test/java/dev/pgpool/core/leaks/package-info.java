/**
 * Many clients with random session state on few servers: {@link dev.pgpool.core.leaks.SessionLeakIT} lets them loose,
 * {@link dev.pgpool.core.leaks.LeakClient} is one of them, {@link dev.pgpool.core.leaks.SessionModel} what it may see.
 */
package dev.pgpool.core.leaks;
