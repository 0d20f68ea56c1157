package dev.pgpool.core.internal.pool;

import dev.pgpool.core.internal.fleet.FleetMember;
import dev.pgpool.core.internal.fleet.FleetPermits;
import java.util.OptionalInt;

/**
 * How many servers the pools of this process may have in a fleet. What it has to give changes all the time, and a permit is
 * free again only when PostgreSQL says that its server is gone. Thread-safe without locks.
 */
final class FleetCap extends SharedCap {
    private final FleetMember member;
    private final FleetPermits permits;

    FleetCap(FleetMember member) {
        super(0);
        this.member = member;
        this.permits = member.permits();
    }

    @Override
    boolean take() {
        boolean taken = permits.tryTake();
        if (!taken) {
            member.wanted();
        }
        return taken;
    }

    @Override
    void give() {
        throw new IllegalStateException("PostgreSQL says when a permit is free");
    }

    @Override
    boolean isFull() {
        return permits.free() == 0;
    }

    /** Servers that the fleet, and other pools of this process, leave to a pool that has so many; empty if it is not known. */
    OptionalInt room(int own) {
        int others = Math.max(0, permits.taken() - own);
        OptionalInt room = permits.room();
        return room.isPresent() ? OptionalInt.of(Math.max(0, room.getAsInt() - others)) : room;
    }

    /** A server has logged in. */
    void ready(int pid) {
        member.serverReady(pid);
    }

    /** A server that was ready has ended. */
    void gone(int pid) {
        member.serverGone(pid);
    }

    /** A server has failed before it was ready. */
    void failed() {
        member.connectFailed();
    }

    /** A server is made in the place of one that has just ended. */
    void takeOver() {
        permits.takeOver();
    }

    /** There are permits: lanes that wait may try. */
    void wakeAll() {
        wakeFor(permits.free());
    }

    /** Whether servers are to be closed. */
    boolean isShedding() {
        return permits.isShedding();
    }

    /** Whether a server that no client has is to be closed now, since others need it more. */
    boolean tryShed() {
        return permits.tryShed();
    }
}
