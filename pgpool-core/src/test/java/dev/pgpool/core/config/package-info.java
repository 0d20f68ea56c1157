@NullMarked
package dev.pgpool.core.config;

import org.jspecify.annotations.NullMarked;
