using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>The same events with the same seed give the same run.</summary>
public sealed class DeterminismTests
{
    [Theory]
    [InlineData(PieceStrategy.RarestFirst)]
    [InlineData(PieceStrategy.RandomRarestFirst)]
    public void The_same_script_and_seed_send_the_same_messages(PieceStrategy strategy)
    {
        List<string> first = Run(strategy, seed: 5);
        Assert.True(first.Count > 100);
        Assert.Equal(first, Run(strategy, seed: 5));
        Assert.NotEqual(first, Run(strategy, seed: 6));
    }

    private static List<string> Run(PieceStrategy strategy, int seed)
    {
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 60, seed: seed, with: s => s with { Torrent = s.Torrent with { Strategy = strategy } }).Start();
        var script = new Random(99);
        swarm.Handle(
            new PeersFound([.. Enumerable.Range(1, 40).Select(host => SwarmFixture.At(host))], PeerSource.Tracker));
        FakePeer[] peers = [.. Enumerable.Range(1, 8).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
        {
            peer.SendBitfield([.. Enumerable.Range(0, 60).Where(_ => script.Next(3) > 0)]);
            peer.Say(PeerMessageId.Unchoke);
            peer.Say(PeerMessageId.Interested);
        }

        for (int i = 0; i < 400 && swarm.State == TorrentState.Downloading; i++)
        {
            FakePeer peer = peers[script.Next(peers.Length)];
            if (peer.Asked.Count > 0)
                peer.Give(peer.Asked[script.Next(peer.Asked.Count)]);
            if (i % 9 == 0)
                swarm.Pass(0.5);
        }

        return [.. swarm.Log, .. swarm.Dialed.Select(address => $"dial {address}")];
    }
}
