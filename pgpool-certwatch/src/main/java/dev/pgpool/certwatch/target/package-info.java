/**
 * What is watched: servers, files, trust stores, and sets of them. {@link dev.pgpool.certwatch.target.CertTarget} is
 * the door; its {@code parse} reads all of them from URLs.
 */
@NullMarked
package dev.pgpool.certwatch.target;

import org.jspecify.annotations.NullMarked;
