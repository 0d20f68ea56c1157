/**
 * What belongs to a server or to a database but is in no dump of it: roles, memberships, grants, settings, tablespaces.
 * {@link dev.pgpool.backup.internal.globals.GlobalsReader} writes them as a script of our own form,
 * {@link dev.pgpool.backup.internal.globals.GlobalsScript} reads it again as data, and
 * {@link dev.pgpool.backup.internal.globals.GlobalsApplier} carries it out.
 */
@NullMarked
package dev.pgpool.backup.internal.globals;

import org.jspecify.annotations.NullMarked;
