/** Clients of the same process, without a socket. */
@org.jspecify.annotations.NullMarked
package dev.pgpool.core.embedded;
