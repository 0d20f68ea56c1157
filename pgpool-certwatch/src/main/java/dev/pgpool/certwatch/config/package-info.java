/**
 * The settings of a watch as values. {@link dev.pgpool.certwatch.CertWatchBuilder} makes them and gives their
 * defaults.
 */
@NullMarked
package dev.pgpool.certwatch.config;

import org.jspecify.annotations.NullMarked;
