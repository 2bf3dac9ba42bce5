using System.Globalization;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation;

/// <summary>
/// The journal of all events that the swarm loops of a simulation handle. Two runs with the same seed have the same
/// journal.
/// </summary>
/// <param name="writer">Receives a line for each event; null to keep only the digest.</param>
internal sealed class Journal(TextWriter? writer = null)
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    private World? _world;

    /// <summary>A digest of all journal lines.</summary>
    public ulong Digest { get; private set; } = FnvOffset;

    public void Begin(World world)
    {
        _world = world;
        writer?.WriteLine($"seed {world.Seed}");
    }

    /// <summary>Records an event of a machine's loop. Ticks are omitted.</summary>
    public void Record(Machine machine, SwarmEvent message)
    {
        if (message is Tick)
            return;
        if (message is not MessagesReceived received)
        {
            Line(machine, Describe(message));
            return;
        }

        for (int i = 0; i < received.Batch.Count; i++)
        {
            PeerEvent one = received.Batch[i];
            string address = one.Id == PeerMessageId.Extended ? string.Empty : $"{one.Address}";
            Line(machine, $"{one.Id} {address} from {received.Link.EndPoint}");
        }
    }

    private static string Describe(SwarmEvent message) => message switch
    {
        PeersFound found => $"PeersFound {string.Join(' ', found.EndPoints)}",
        PeerConnected connected => $"PeerConnected {connected.Link.EndPoint}",
        PeerClosed closed => $"PeerClosed {closed.Link.EndPoint} {closed.Reason}",
        PieceVerified verified => $"PieceVerified {verified.Piece}",
        PieceRejected rejected => $"PieceRejected {rejected.Piece}",
        _ => message.GetType().Name,
    };

    private void Line(Machine machine, string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{_world!.Time.Now} {machine.Name}: {what}");
        foreach (char letter in line)
            Digest = (Digest ^ letter) * FnvPrime;
        writer?.WriteLine(line);
    }
}
