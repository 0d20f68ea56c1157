package dev.pgpool.core.stats;

import java.util.List;

/**
 * A fleet, as one of its members sees it.
 *
 * @param name of the fleet
 * @param maxServerConnections servers that it may have
 * @param connected whether this member is connected; if not, it makes no servers
 * @param servers of this member, those being made and those that end included
 * @param held slots of this member
 * @param share slots of this member if all had what is theirs
 * @param demand servers that clients of this member have or wait for
 * @param waiting clients of this member that wait
 * @param others sessions of the fleet's users in its databases that no member answers for
 * @param members all that are connected; as of the last look
 */
public record FleetInfo(
        String name,
        int maxServerConnections,
        boolean connected,
        int servers,
        int held,
        int share,
        int demand,
        int waiting,
        int others,
        List<Member> members) {
    public FleetInfo {
        members = List.copyOf(members);
    }

    /**
     * A member.
     *
     * @param pid process id of its control session
     * @param self whether it is the one that was asked
     * @param held slots that it has
     * @param demand servers that its clients have or wait for, as it said last
     * @param waiting its clients that wait, as it said last
     * @param weight of its share
     */
    public record Member(int pid, boolean self, int held, int demand, int waiting, int weight) {}

    /** Slots that members have. */
    public int used() {
        return members.stream().mapToInt(Member::held).sum();
    }

    /** What a member would have if all wanted more than there is. */
    public int shareOf(Member member) {
        int weights = members.stream().mapToInt(Member::weight).sum();
        return weights == 0 ? 0 : (int) ((long) maxServerConnections * member.weight() / weights);
    }

    /** Servers of a member beyond its share. */
    public int borrowedBy(Member member) {
        return Math.max(0, member.held() - shareOf(member));
    }

    /** Servers of a member's share that others have. */
    public int lentBy(Member member) {
        int free = Math.max(0, maxServerConnections - used());
        return Math.max(0, shareOf(member) - member.held() - free);
    }
}
