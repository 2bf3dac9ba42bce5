using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>How the torrent runs changes while it does, and its pieces are shown.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void With_fewer_peers_allowed_those_go_that_move_least_and_of_equals_the_newest()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 64, blocksPerPiece: 16).Start();
        FakePeer giver = swarm.Connect(1).Serving();
        FakePeer[] idle = [swarm.Connect(2), swarm.Connect(3), swarm.Connect(4)];
        for (int i = 0; i < 8; i++)
        {
            giver.Give(giver.Asked[0]);
            swarm.Pass(0.25);
        }

        Change(swarm, settings => settings with { Torrent = settings.Torrent with { MaxPeers = 2 } });

        Assert.Equal([null, null, DisconnectReason.TooMany, DisconnectReason.TooMany], [giver.ClosedFor, .. idle.Select(
            peer => peer.ClosedFor)]);
    }

    [Fact]
    public void More_slots_serve_more_at_once_and_another_choker_all()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Torrent = settings.Torrent with { UploadSlots = 2 } }).Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 9).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        Assert.Equal(2, Served());

        Change(swarm, settings => settings with { Torrent = settings.Torrent with { UploadSlots = 5 } });
        Assert.Equal(5, Served());

        Change(swarm, settings => settings with { Torrent = settings.Torrent with { Choker = ChokerKind.Naive } });
        Assert.Equal(9, Served());

        int Served() => swarm.Peers().Count(peer => !peer.Flags.HasFlag(PeerFlags.Choked));
    }

    [Fact]
    public void A_changed_strategy_applies_to_the_next_requests()
    {
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 200, blocksPerPiece: 1,
            with: settings =>
                settings with { Torrent = settings.Torrent with { Strategy = PieceStrategy.RarestFirst } }).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Asked.Clear();

        Change(swarm, settings => settings with
        {
            Torrent =
            settings.Torrent with { Strategy = PieceStrategy.Sequential }
        });
        foreach (BlockAddress block in peer.Blocks(PeerMessageId.Request).ToArray())
            peer.Give(block);

        int[] next = [.. peer.Asked.Select(block => block.Piece.Value)];
        Assert.NotEmpty(next);
        Assert.Equal(next.Order(), next);
    }

    [Fact]
    public void A_piece_in_progress_shows_received_and_requested_blocks()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 3, blocksPerPiece: 8).Start(2);
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Connect(2).SendBitfield(0, 2);
        peer.Give(peer.Asked[0]);
        int asked = peer.Asked.Count(block => block.Piece.Value == 0);
        Assert.InRange(asked, 1, 7);

        IReadOnlyList<PieceStatus> pieces = Pieces(swarm);

        Assert.Equal(new PieceStatus(
            0, 8 * SwarmFixture.Block, PieceState.Partial, DownloadPriority.Normal, 2, 8, 1, asked), pieces[0]);
        Assert.Equal(1, pieces[1].Availability);
        Assert.Equal(new PieceStatus(
            2, 8 * SwarmFixture.Block, PieceState.Verified, DownloadPriority.Normal, 2, 8, 8, 0), pieces[2]);
    }

    private static void Change(SwarmFixture swarm, Func<SwarmSettings, SwarmSettings> change)
    {
        var done = new TaskCompletionSource();
        swarm.Handle(new SettingsChanged(change, done));
        Assert.True(done.Task.IsCompletedSuccessfully);
    }

    private static IReadOnlyList<PieceStatus> Pieces(SwarmFixture swarm)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PieceStatus>>();
        swarm.Handle(new PiecesRequested(answer));
        return answer.Task.Result;
    }
}
