/** Forms of a snapshot for people and programs. */
@NullMarked
package dev.pgpool.certwatch.internal.render;

import org.jspecify.annotations.NullMarked;
