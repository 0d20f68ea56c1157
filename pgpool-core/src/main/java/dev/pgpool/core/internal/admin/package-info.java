/**
 * The console: commands in, tables out. Knows figures and an {@link dev.pgpool.core.internal.admin.AdminControl}, no live
 * object. Door: {@link dev.pgpool.core.internal.admin.AdminControl} for who carries the commands out.
 */
@NullMarked
package dev.pgpool.core.internal.admin;

import org.jspecify.annotations.NullMarked;
