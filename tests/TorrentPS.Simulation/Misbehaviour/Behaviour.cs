using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>
/// The behaviour of a machine towards others. Filters what its swarm loop sends, so a misbehaving machine otherwise
/// acts like any other. Each machine has its own object.
/// </summary>
internal class Behaviour
{
    /// <summary>The behaviour of a machine that follows the protocol.</summary>
    public static Behaviour Normal { get; } = new();

    /// <summary>Whether messages with an id are sent.</summary>
    public virtual bool Sends(PeerMessageId id) => true;

    /// <summary>Whether a requested block is sent.</summary>
    public virtual bool SendsBlock(BlockAddress block) => true;

    /// <summary>Whether a sent block is intact.</summary>
    public virtual bool IsIntact(BlockAddress block) => true;

    /// <summary>Starts the misbehaviour when the machine joins the swarm. Does nothing by default.</summary>
    public virtual void Begin(World world, Machine machine)
    {
        // No misbehaviour by default.
    }
}
