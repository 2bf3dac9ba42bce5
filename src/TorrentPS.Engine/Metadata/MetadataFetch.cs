using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>
/// Decides which peer to ask for which piece of an info dictionary (BEP 9). Its only input are the peers' words and the time; it takes no
/// lock and reads no clock.
/// </summary>
/// <remarks>
/// A length is believed of the peer that claims it alone: peers that claim the same share one assembly, others make their own. When an
/// assembly of several peers proves wrong, each then works alone, which tells the good from the bad (<see cref="MetadataJudge"/>).
/// </remarks>
/// <param name="infoHash">The v1 hash to match, or null.</param>
/// <param name="infoHashV2">The v2 hash to match, or null.</param>
/// <param name="maxSize">The longest metadata asked for, in bytes.</param>
internal sealed class MetadataFetch(InfoHash? infoHash, InfoHashV2? infoHashV2, int maxSize)
{
    /// <summary>How many requests a peer gets before it has answered any: enough for the metadata of most torrents in two round trips.</summary>
    public const int FirstDepth = 4;

    /// <summary>The most requests at one peer: 256 KiB under way fill links of 20 Mbit/s at 100 ms, and clients queue as many.</summary>
    private const int MaxDepth = 16;

    /// <summary>At the end a piece is asked of so many peers at once, lest one slow peer holds it up.</summary>
    private const int MaxAskers = 2;

    /// <summary>A peer that is idle repeats so many pieces that others owe.</summary>
    private const int MaxRepeats = 2;

    /// <summary>How many times the largest size is kept of assemblies that are not whole: peers that lie of it can't make us keep more.</summary>
    private const int MaxUnfinished = 2;

    /// <summary>So many wrong messages end a connection: some cross what makes them wrong.</summary>
    private const int MaxOffences = 32;

    /// <summary>So many time-outs in a row end a connection.</summary>
    private const int MaxStalls = 3;

    /// <summary>How long a peer that owes pieces may bring none before they are asked of others: a piece takes that at 4 KB/s.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>How long a peer that said no is left alone: most have but a limit on how much they give at once.</summary>
    private static readonly TimeSpan s_refusal = TimeSpan.FromSeconds(5);

    private readonly List<MetadataPeer> _peers = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly MetadataJudge _judge = new(infoHash, infoHashV2);

    /// <summary>The info dictionary; null until it is here and right.</summary>
    public byte[]? Result => _judge.Result;

    /// <summary>Who was caught sending wrong metadata, in the order of being caught.</summary>
    public IReadOnlyList<PeerOrigin> Liars => _judge.Liars;

    /// <summary>How far it is: bytes here, and how many there are to be as far as is known.</summary>
    public (long Received, int? Size) Progress =>
        Result is { } result ? (result.Length, result.Length)
        : _assemblies.MaxBy(assembly => (double)assembly.Received / assembly.Size) is { } best ? (best.Received, best.Size)
        : (0, null);

    /// <summary>A peer connected.</summary>
    public void Join(MetadataPeer peer) => _peers.Add(peer);

    /// <summary>A peer has gone.</summary>
    public void Leave(MetadataPeer peer, TimeSpan now)
    {
        Detach(peer);
        _peers.Remove(peer);
        Ask(now);
    }

    /// <summary>A peer said what it can do and has, for the first time or anew.</summary>
    public void OnHandshake(MetadataPeer peer, ExtensionHandshake told, TimeSpan now)
    {
        if (told.Messages.TryGetValue(MetadataMessage.ExtensionName, out byte id))
            peer.MessageId = id;
        if (peer.Size is null && told.MetadataSize is { } size && size <= maxSize)
            peer.Size = size;
        else if (peer.Size is { } before && (told.MetadataSize ?? before) != before)
            Disconnect(peer, DisconnectReason.ProtocolError);
        Ask(now);
    }

    /// <summary>A peer sent a metadata message.</summary>
    public void OnMessage(MetadataPeer peer, MetadataMessage message, TimeSpan now)
    {
        switch (message.Type)
        {
            case MetadataMessageType.Data:
                OnData(peer, message, now);
                break;
            case MetadataMessageType.Reject:
                OnReject(peer, message.Piece, now);
                break;
            case MetadataMessageType.Request:
                // What is asked for is what we ask for ourselves.
                if (peer.MessageId != 0 && !Offend(peer))
                    Send(peer, MetadataMessageType.Reject, message.Piece);
                break;
        }

        Ask(now);
    }

    /// <summary>Time passed.</summary>
    public void OnTick(TimeSpan now)
    {
        foreach (MetadataPeer peer in _peers)
        {
            if (peer.Requests.Count == 0 || now - peer.LastService < s_patience)
                continue;
            ReleaseRequests(peer);
            peer.LastService = now;
            peer.Depth = 1;
            if (++peer.Stalls >= MaxStalls)
                Disconnect(peer, DisconnectReason.ServesNothing);
        }

        Ask(now);
    }

    private void OnData(MetadataPeer peer, MetadataMessage message, TimeSpan now)
    {
        if (peer.Assembly is not { } assembly || !peer.Owed.Remove(message.Piece))
        {
            Offend(peer);
            return;
        }

        if (peer.Requests.Remove(message.Piece))
            assembly.Release(message.Piece);
        if (message.Data.Length != MetadataMessage.LengthOf(message.Piece, assembly.Size) || (message.TotalSize ?? assembly.Size) != assembly.Size)
        {
            Disconnect(peer, DisconnectReason.ProtocolError);
            return;
        }

        peer.LastService = now;
        peer.Stalls = 0;
        peer.Depth = Math.Min(MaxDepth, peer.Depth + 1);
        if (!assembly.Has(message.Piece))
            peer.Received += message.Data.Length;
        assembly.Add(message.Piece, message.Data, peer.Origin);
        if (assembly.IsWhole)
            Judge(assembly);
        else if (_assemblies.Sum(each => each.Received) > (long)MaxUnfinished * maxSize)
            Drop(_assemblies.MaxBy(each => each.Size)!);
    }

    /// <summary>Too much is kept that may be lies: the largest claim goes, with those who make it.</summary>
    private void Drop(MetadataAssembly assembly)
    {
        foreach (MetadataPeer worker in _peers.Where(peer => peer.Assembly == assembly).ToArray())
            Disconnect(worker, DisconnectReason.Useless);
        _assemblies.Remove(assembly);
    }

    private void OnReject(MetadataPeer peer, int piece, TimeSpan now)
    {
        if (peer.Assembly is not { } assembly || !peer.Owed.Remove(piece))
        {
            Offend(peer);
            return;
        }

        if (peer.Requests.Remove(piece))
            assembly.Release(piece);
        peer.NotBefore = now + s_refusal;
        if (++peer.Refusals > MaxOffences + (2 * assembly.PieceCount))
            Disconnect(peer, DisconnectReason.ServesNothing);
    }

    /// <summary>An assembly is whole: it is right, or those who worked on it begin anew, and who lied is banned.</summary>
    private void Judge(MetadataAssembly assembly)
    {
        IReadOnlyList<PeerOrigin> liars = _judge.Judge(assembly);
        if (Result is null)
        {
            foreach (MetadataPeer worker in _peers.Where(peer => peer.Assembly == assembly).ToArray())
                Detach(worker);
            _assemblies.Remove(assembly);
        }

        foreach (MetadataPeer liar in _peers.Where(peer => liars.Contains(peer.Origin)).ToArray())
            Disconnect(liar, DisconnectReason.Banned);
    }

    /// <summary>Gives work to whoever has none or too little.</summary>
    private void Ask(TimeSpan now)
    {
        if (Result is not null)
            return;
        foreach (MetadataPeer peer in _peers)
        {
            if (!peer.IsSource || now < peer.NotBefore)
                continue;
            MetadataAssembly assembly = peer.Assembly ??= AssemblyFor(peer);
            while (peer.Requests.Count < peer.Depth && Next(peer, assembly) is { } piece)
            {
                if (peer.Requests.Count == 0)
                    peer.LastService = now;
                peer.Requests.Add(piece);
                peer.Owed.Add(piece);
                assembly.Ask(piece);
                Send(peer, MetadataMessageType.Request, piece);
            }
        }
    }

    /// <summary>The assembly that a peer's claim leads to.</summary>
    private MetadataAssembly AssemblyFor(MetadataPeer peer)
    {
        int size = peer.Size!.Value;
        bool alone = _judge.IsDoubtful(size);
        MetadataAssembly? found = alone ? null : _assemblies.Find(assembly => assembly.Size == size && assembly.Only is null);
        if (found is null)
        {
            found = new MetadataAssembly(size, alone ? peer : null);
            _assemblies.Add(found);
        }

        found.Workers++;
        return found;
    }

    /// <summary>What to ask a peer for: the first piece that nobody was asked for, or at the end one that another owes.</summary>
    private static int? Next(MetadataPeer peer, MetadataAssembly assembly)
    {
        int? repeat = null;
        for (int i = 0; i < assembly.PieceCount; i++)
        {
            if (assembly.Has(i) || peer.Requests.Contains(i))
                continue;
            if (assembly.AskedFor(i) == 0)
                return i;
            if (assembly.AskedFor(i) < MaxAskers)
                repeat ??= i;
        }

        return peer.Requests.Count < MaxRepeats ? repeat : null;
    }

    /// <summary>Takes a peer off its work; one that worked alone leaves nothing behind.</summary>
    private void Detach(MetadataPeer peer)
    {
        if (peer.Assembly is not { } assembly)
            return;
        ReleaseRequests(peer);

        // What is under way still comes, and is no offence.
        peer.Offences -= peer.Owed.Count;
        peer.Owed.Clear();
        peer.Assembly = null;
        assembly.Workers--;
        if (assembly.Only is not null || (assembly.Workers == 0 && assembly.Received == 0))
            _assemblies.Remove(assembly);
    }

    private static void ReleaseRequests(MetadataPeer peer)
    {
        foreach (int piece in peer.Requests)
            peer.Assembly!.Release(piece);
        peer.Requests.Clear();
    }

    /// <summary>Notes a message that nobody asked for.</summary>
    /// <returns>Whether it was one too many.</returns>
    private bool Offend(MetadataPeer peer)
    {
        if (++peer.Offences <= MaxOffences)
            return false;
        Disconnect(peer, DisconnectReason.ProtocolError);
        return true;
    }

    private static void Send(MetadataPeer peer, MetadataMessageType type, int piece) =>
        peer.Link.Send(peer.MessageId, new MetadataMessage { Type = type, Piece = piece }.Encode());

    private void Disconnect(MetadataPeer peer, DisconnectReason reason)
    {
        if (peer.IsClosing)
            return;
        Detach(peer);
        peer.Disconnect(reason);
    }
}
