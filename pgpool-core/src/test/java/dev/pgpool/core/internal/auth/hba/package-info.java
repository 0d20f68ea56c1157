/** Tests of rules and user maps. */
@NullMarked
package dev.pgpool.core.internal.auth.hba;

import org.jspecify.annotations.NullMarked;
