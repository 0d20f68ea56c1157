/**
 * Real drivers and programs through the pooler: what their users do with a server must work the same here.
 *
 * <p>{@link dev.pgpool.core.clients.Ledger} is the work that every one of them does. Those that Maven brings run with
 * all other tests, those that must be installed ({@code scripts/install-clients.sh}) with {@code -Pclients}.
 */
package dev.pgpool.core.clients;
