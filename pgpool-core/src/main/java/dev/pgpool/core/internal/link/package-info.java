/**
 * A client and a server together, until the transaction ends. Door: {@link dev.pgpool.core.internal.link.Link}.
 *
 * <pre>
 *   client ──> Requests ──> SimpleQueries, StatementRewriter (Parse, Bind, the unnamed statement), NameSpace ──> server
 *   client <── Replies <── CommandTags, ServerErrors, StatementReplies <───────────────────────────────────────── server
 *
 *   both share an Exchange: ExpectedReplies, Batch, CopyIn, Pause, Ending, SplitQuery, Transaction, Pins
 *
 *   at the end of a transaction: Settlement (Inspection, ParameterSync, Resync)
 *   at the end of the link: LinkEnds, AbandonedWork, Cleaning
 * </pre>
 */
@NullMarked
package dev.pgpool.core.internal.link;

import org.jspecify.annotations.NullMarked;
