using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>
/// How a machine treats others: what lies between its swarm loop and its connections. The loop itself knows nothing of it, so that
/// a machine with bad manners is in all else as clever as the rest. One object for each machine.
/// </summary>
internal class Manners
{
    /// <summary>Those of a peer that keeps to the protocol.</summary>
    public static Manners Good { get; } = new();

    /// <summary>Whether a message of that kind is sent.</summary>
    public virtual bool Says(PeerMessageId id) => true;

    /// <summary>Whether a block that was promised is sent at all.</summary>
    public virtual bool Gives(BlockAddress block) => true;

    /// <summary>Whether a block that is sent is what it should be.</summary>
    public virtual bool IsGood(BlockAddress block) => true;

    /// <summary>The machine comes to the swarm.</summary>
    public virtual void Begin(World world, Machine machine)
    {
        // Most do nothing of their own accord.
    }
}
