/** Tests of start-up and login: parameters, bytes that are no protocol, clients that leave in the middle. */
@NullMarked
package dev.pgpool.core.login;

import org.jspecify.annotations.NullMarked;
