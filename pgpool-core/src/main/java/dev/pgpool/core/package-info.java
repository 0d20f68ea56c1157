/**
 * A PostgreSQL transaction pooler that lives in the host's own process. Door: {@link dev.pgpool.core.PgPool}.
 *
 * <p>Words, the same in code, logs and figures: a <em>client</em> is a connection to us, a <em>server</em> one from us to
 * PostgreSQL. A <em>pool</em> is the servers for one database and one user. A <em>lane</em> is the part of a pool on one
 * event loop. A <em>link</em> is a client and a server together, one transaction long; a client that has made session state
 * there is <em>pinned</em>, and keeps its link until the state is gone.
 *
 * <pre>
 *   client socket                                                                    PostgreSQL socket
 *        │ bytes                                                                            ^ bytes
 *        v                                                                                  │
 *   ClientConnection ─ MessageCursor ─> QueryPhase ──> Link: Requests ─────────> ServerConnection.out
 *        ^              (header)          │ no link?     │ Parse, Bind, Describe, Close    │ flushed at the
 *        │                                v              v                                 │ end of a read
 *        │                     ServerLane.acquire   StatementRewriter                      │
 *        │                       idle? link now     ClientStatements, ServerStatements     │
 *        │                       else wait          ExpectedReplies.add                    │
 *        │                                                                                 │ bytes
 *        │ runs forwarded, made-up answers inserted                                        v
 *        └──────────────── Link: Replies ◄── ExpectedReplies.head ── MessageCursor ── ServerConnection
 *                             │ ReadyForQuery says idle, nothing is owed
 *                             v
 *                  ServerLane: next waiter │ idle stack │ a lane that is short of servers
 * </pre>
 *
 * <p>Everything in the picture is on one event loop: no queue between threads, no lock, no volatile. Shared between event
 * loops are only the budget of a pool ({@code ConnectionBudget}: atomic counters), its registries of statements and
 * parameters ({@code StatementRegistry}, {@code ParameterRegistry}, {@code StartupProfiles}: a lock each, taken on Parse
 * and at login), the pools by name ({@code PoolRegistry}) and the clients by number ({@code ClientRegistry}).
 */
@NullMarked
package dev.pgpool.core;

import org.jspecify.annotations.NullMarked;
