/**
 * The pooler in a Spring Boot application; optional, as Spring is. Door: {@link
 * dev.pgpool.core.spring.PgPoolAutoConfiguration}, which makes a {@link dev.pgpool.core.PgPool} of the properties {@code
 * pgpool.*}.
 */
@NullMarked
package dev.pgpool.core.spring;

import org.jspecify.annotations.NullMarked;
