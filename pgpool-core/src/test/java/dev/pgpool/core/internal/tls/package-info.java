@NullMarked
package dev.pgpool.core.internal.tls;

import org.jspecify.annotations.NullMarked;
