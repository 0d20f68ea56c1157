/**
 * Judges chains. {@link dev.pgpool.certwatch.internal.judge.ChainInspector} turns certificates into an {@link
 * dev.pgpool.certwatch.internal.judge.Inspection}, which holds all that does not depend on time and is kept between probes;
 * {@link dev.pgpool.certwatch.internal.judge.Judge} turns an inspection and an instant into a level and findings. Both are
 * plain functions, so an unchanged chain costs no signature check, and a certificate that expires between two probes is
 * seen without one.
 */
@NullMarked
package dev.pgpool.certwatch.internal.judge;

import org.jspecify.annotations.NullMarked;
