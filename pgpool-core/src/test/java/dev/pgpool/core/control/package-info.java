/** Tests of what an operator does to a running pooler: pause, reload, drain, shut down. */
@NullMarked
package dev.pgpool.core.control;

import org.jspecify.annotations.NullMarked;
