/** Tests of servers: which one is connected to, how it is lost and found again, what kind it is. */
@NullMarked
package dev.pgpool.core.hosts;

import org.jspecify.annotations.NullMarked;
