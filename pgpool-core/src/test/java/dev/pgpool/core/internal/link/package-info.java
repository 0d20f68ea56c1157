/** Tests of the machines that a link's state is made of, without messages: tables of transitions, and walks beside a model. */
@NullMarked
package dev.pgpool.core.internal.link;

import org.jspecify.annotations.NullMarked;
