/**
 * Tests of sessions and links without sockets. {@link dev.pgpool.core.internal.client.Rig} is the pooler between embedded
 * channels; {@link dev.pgpool.core.internal.client.FakePostgres} is a naive model of what is behind it.
 */
@NullMarked
package dev.pgpool.core.internal.client;

import org.jspecify.annotations.NullMarked;
