/** Tests of cancel requests: of clients, of peers, and those that meet other clients' queries. */
@NullMarked
package dev.pgpool.core.cancel;

import org.jspecify.annotations.NullMarked;
