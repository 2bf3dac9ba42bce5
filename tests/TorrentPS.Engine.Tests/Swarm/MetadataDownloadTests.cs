using System.Security.Cryptography;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// A torrent added by a magnet link: the info dictionary is downloaded first (BEP 9), then the content over the same
/// connections.
/// </summary>
public sealed class MetadataDownloadTests
{
    private const byte TheirId = 7;

    private static readonly byte[] s_info = [.. Enumerable.Range(
        0, (2 * MetadataMessage.PieceLength) + 100).Select(i => (byte)(i * 7))];

    [Fact]
    public void The_info_dictionary_is_requested_from_peers_and_handed_over_once_verified()
    {
        using SwarmFixture swarm = Open();
        Assert.Equal((TorrentState.DownloadingMetadata, 1, 0), (swarm.State, swarm.Announcing, swarm.Checks));

        FakePeer peer = Announce(swarm.Connect(1));
        Assert.Equal([0, 1, 2], Requested(peer));
        Give(peer, 0);
        Assert.Equal(100.0 * MetadataMessage.PieceLength / s_info.Length, swarm.Status.Progress, 3);
        Assert.Empty(swarm.Downloaded);
        Give(peer, 1, 2);

        Assert.Equal(s_info, Assert.Single(swarm.Downloaded));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Content_is_downloaded_over_the_same_connection_with_what_the_peer_announced_before()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.HaveAll);
        peer.Say(PeerMessageId.Unchoke);
        peer.Say(PeerMessageId.Interested);
        Download(swarm, peer);
        int handshakes = Handshakes(peer).Count;
        Assert.Equal(0, peer.Count(PeerMessageId.HaveNone));

        swarm.AcceptMetadata(settings => settings with { Metadata = s_info });
        Assert.Equal((TorrentState.Checking, 1), (swarm.State, swarm.Checks));
        Assert.Empty(peer.Asked);
        swarm.Checked();

        Assert.Equal(TorrentState.Downloading, swarm.State);
        Assert.Equal(1, peer.Count(PeerMessageId.HaveNone));
        Assert.Equal(s_info.Length, Handshakes(peer)[handshakes].MetadataSize);
        peer.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void Bitfield_haves_and_allowed_fast_pieces_from_before_the_metadata_are_applied()
    {
        using SwarmFixture swarm = Open();
        FakePeer first = swarm.Connect(1);
        first.SendBitfield(0);
        first.Have(2);
        FakePeer second = swarm.Connect(2);
        second.Have(3);
        second.Say(PeerMessageId.AllowedFast, swarm.BlockAt(3, 0));
        Download(swarm, first);
        swarm.AcceptMetadata();

        swarm.Checked();

        Assert.Equal((2, 1), (swarm.StatusOf(first).Pieces, swarm.StatusOf(second).Pieces));
        Assert.Equal([swarm.BlockAt(3, 0), swarm.BlockAt(3, 1)], second.Asked);
        Assert.Empty(first.Asked);
    }

    [Fact]
    public void A_have_all_after_a_bitfield_or_haves_is_applied_when_the_metadata_is_known()
    {
        using SwarmFixture swarm = Open();
        FakePeer first = swarm.Connect(1);
        first.SendBitfield(0);
        first.Say(PeerMessageId.HaveAll);
        FakePeer second = swarm.Connect(2);
        second.Have(3);
        second.Say(PeerMessageId.HaveAll);
        Download(swarm, first);
        swarm.AcceptMetadata();

        swarm.Checked();

        int all = swarm.Geometry.PieceCount;
        Assert.Equal((all, all), (swarm.StatusOf(first).Pieces, swarm.StatusOf(second).Pieces));
    }

    [Fact]
    public void A_flood_of_have_all_messages_before_the_metadata_ends_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);
        for (int i = 0; i < 101; i++)
            peer.Say(PeerMessageId.HaveAll);
        Assert.Null(peer.ClosedFor);

        peer.Say(PeerMessageId.HaveAll);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_bitfield_of_the_wrong_length_ends_the_connection_when_the_number_of_pieces_is_known()
    {
        using SwarmFixture swarm = Open();
        FakePeer wrong = swarm.Connect(1);
        wrong.Say(new PeerEvent { Id = PeerMessageId.Bitfield, Body = new byte[2] });
        FakePeer beyond = swarm.Connect(2);
        beyond.Have(swarm.Geometry.PieceCount + 8);
        FakePeer spare = swarm.Connect(3);
        spare.Have(swarm.Geometry.PieceCount);
        Assert.Null(wrong.ClosedFor);
        Download(swarm, swarm.Connect(4));
        swarm.AcceptMetadata();

        swarm.Checked();

        Assert.All([wrong, beyond, spare], peer => Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor));
    }

    [Fact]
    public void A_piece_that_no_torrent_has_ends_the_connection_at_once()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);

        peer.Have(int.MaxValue);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_block_before_the_metadata_ends_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);

        peer.Give(swarm.BlockAt(0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Requests_for_blocks_and_metadata_are_rejected()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Announce(swarm.Connect(1), size: null);

        peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        Say(peer, new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 });

        Assert.Equal([swarm.BlockAt(0, 0)], peer.Blocks(PeerMessageId.Reject));
        Assert.Equal([MetadataMessageType.Reject], Sent(peer).Select(message => message.Type));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Peers_that_flood_with_requests_are_disconnected()
    {
        using SwarmFixture swarm = Open();
        FakePeer blocks = swarm.Connect(1);
        FakePeer metadata = Announce(swarm.Connect(2), size: null);

        for (int i = 0; i < 100_000 && blocks.ClosedFor is null; i++)
            blocks.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        for (int i = 0; i < 1000 && metadata.ClosedFor is null; i++)
            Say(metadata, new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 });

        Assert.Equal(DisconnectReason.ProtocolError, blocks.ClosedFor);
        Assert.Equal(DisconnectReason.ProtocolError, metadata.ClosedFor);
    }

    [Fact]
    public void The_sender_of_wrong_metadata_is_banned_and_its_other_addresses_are_not_dialed()
    {
        using SwarmFixture swarm = Open();
        FakePeer liar = Announce(swarm.Connect(1));
        Give(liar, new byte[s_info.Length], 0, 1, 2);
        Assert.Equal(DisconnectReason.Banned, liar.ClosedFor);
        Assert.Equal(
            [(liar.EndPoint, "Banned: it sent wrong metadata.")],
            swarm.Reported.Where(entry => entry.Kind == SessionEventKind.PeerBanned).Select(entry => (entry.Peer!, entry.Message)));
        liar.Leave();

        swarm.Handle(new PeersFound([SwarmFixture.At(1, 5000), SwarmFixture.At(2)], PeerSource.Tracker));
        FakePeer again = swarm.Connect(1, at: SwarmFixture.At(1, 5001));

        Assert.Equal([SwarmFixture.At(2)], swarm.Dialed);
        Assert.Equal(DisconnectReason.Banned, again.ClosedFor);
        Download(swarm, swarm.Connect(3));
    }

    [Fact]
    public void Known_addresses_of_a_banned_peer_are_not_dialed_any_more()
    {
        using SwarmFixture swarm = Open();
        swarm.HalfOpenRoom = 0;
        swarm.Handle(new PeersFound([SwarmFixture.At(1, 5000), SwarmFixture.At(2)], PeerSource.Tracker));
        Give(Announce(swarm.Connect(1)), new byte[s_info.Length], 0, 1, 2);

        swarm.HalfOpenRoom = 10;
        swarm.Pass(0.25);

        Assert.Equal([SwarmFixture.At(2)], swarm.Dialed);
    }

    [Fact]
    public void A_peer_that_never_answers_is_disconnected_and_its_requests_go_to_another()
    {
        using SwarmFixture swarm = Open();
        FakePeer silent = Announce(swarm.Connect(1));
        swarm.Pass(5);
        FakePeer other = Announce(swarm.Connect(2));
        Assert.Equal([1, 2], Requested(other));

        swarm.Pass(15);

        Assert.Equal(DisconnectReason.ServesNothing, silent.ClosedFor);
    }

    [Fact]
    public void Unreadable_metadata_messages_end_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Announce(swarm.Connect(1));

        peer.Say(new PeerEvent
        {
            Id =
            PeerMessageId.Extended,
            ExtendedId = MetadataUploadHandler.MessageId,
            Body = "x"u8.ToArray()
        });

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Of_as_many_peers_as_allowed_one_without_metadata_makes_room_after_ten_seconds()
    {
        using SwarmFixture swarm = Open(settings => settings with { Torrent = settings.Torrent with { MaxPeers = 2 } });
        FakePeer useless = swarm.Connect(1);
        FakePeer source = Announce(swarm.Connect(2));
        swarm.HalfOpenRoom = 0;
        swarm.Pass(11);
        Assert.Null(useless.ClosedFor);

        swarm.Handle(new PeersFound([SwarmFixture.At(3)], PeerSource.Tracker));
        swarm.Pass(0.25);

        Assert.Equal(DisconnectReason.Useless, useless.ClosedFor);
        Assert.Null(source.ClosedFor);
    }

    [Fact]
    public void Pause_disconnects_and_resume_dials_again()
    {
        using SwarmFixture swarm = Open();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer peer = swarm.Connect(1, incoming: false);

        swarm.Handle(new PauseRequested());
        Assert.Equal((TorrentState.Paused, 1), (swarm.State, swarm.AnnouncingStopped));
        Assert.Equal(DisconnectReason.Stopping, peer.ClosedFor);
        peer.Leave();
        swarm.Handle(new ResumeRequested());

        Assert.Equal((TorrentState.DownloadingMetadata, 2), (swarm.State, swarm.Announcing));
        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void Metadata_accepted_during_a_pause_is_used_after_it()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);
        Download(swarm, peer);
        swarm.Handle(new PauseRequested());
        peer.Leave();

        swarm.AcceptMetadata();
        Assert.Equal((TorrentState.Paused, 0), (swarm.State, swarm.Checks));
        swarm.Handle(new ResumeRequested());

        Assert.Equal((TorrentState.Checking, 1), (swarm.State, swarm.Checks));
        swarm.Checked(0, 1, 2, 3);
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void A_pause_during_the_check_disconnects_when_the_check_ends()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);
        Download(swarm, peer);
        swarm.AcceptMetadata();

        swarm.Handle(new PauseRequested());
        swarm.Checked();

        Assert.Equal((TorrentState.Paused, 1), (swarm.State, swarm.AnnouncingStopped));
        Assert.Equal(DisconnectReason.Stopping, peer.ClosedFor);
    }

    [Fact]
    public void A_torrent_stopped_meanwhile_ignores_its_metadata()
    {
        using SwarmFixture swarm = Open();
        Download(swarm, swarm.Connect(1));

        swarm.Handle(new StopRequested());
        swarm.AcceptMetadata();

        Assert.Equal((TorrentState.Stopped, 0), (swarm.State, swarm.Checks));
    }

    [Fact]
    public void Metadata_that_cannot_be_used_fails_the_torrent()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = swarm.Connect(1);
        Download(swarm, peer);

        swarm.Handle(new MetadataRefused(new TorrentFault(TorrentFaultId.InvalidMetadata, "link", "not valid")));

        Assert.Equal((TorrentState.Failed, TorrentFaultId.InvalidMetadata), (swarm.State, swarm.Status.Fault?.Id));
        Assert.Equal(DisconnectReason.Stopping, peer.ClosedFor);
    }

    [Fact]
    public void A_torrent_that_turns_out_private_keeps_only_tracker_manual_and_incoming_peers()
    {
        using SwarmFixture swarm = Open();
        PeerSource[] sources =
            [PeerSource.Tracker, PeerSource.Manual, PeerSource.Dht, PeerSource.Magnet, PeerSource.Resume];
        FakePeer[] peers = [.. sources.Select((source, i) =>
        {
            swarm.Handle(new PeersFound([SwarmFixture.At(i + 1)], source));
            return swarm.Connect(i + 1, incoming: false);
        })];
        FakePeer incoming = swarm.Connect(9);

        // The tracker names the fifth address too.
        swarm.Handle(new PeersFound([SwarmFixture.At(5)], PeerSource.Tracker));
        swarm.Handle(new PeersFound([SwarmFixture.At(20)], PeerSource.Dht));
        swarm.HalfOpenRoom = 0;
        swarm.Handle(new PeersFound([SwarmFixture.At(21)], PeerSource.Dht));
        Download(swarm, incoming);

        swarm.AcceptMetadata(settings => settings with { IsPrivate = true });

        DisconnectReason? dropped = DisconnectReason.Stopping;
        Assert.Equal([null, null, dropped, dropped, null], peers.Select(peer => peer.ClosedFor));
        Assert.Null(incoming.ClosedFor);
        Assert.Equal(0, swarm.Status.KnownPeers);
        swarm.Checked();
        FakePeer late = swarm.Connect(20, incoming: false);
        Assert.Equal(DisconnectReason.Stopping, late.ClosedFor);
        Assert.DoesNotContain(PexMessage.ExtensionName, Handshakes(incoming)[^1].Messages.Keys);
    }

    [Fact]
    public void Peers_that_know_the_torrent_by_another_hash_are_connected_again_without_delay()
    {
        using SwarmFixture swarm = Open();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer peer = swarm.Connect(1, incoming: false);
        Download(swarm, peer);

        swarm.AcceptMetadata(isInfoHashChanged: true);
        Assert.Equal(DisconnectReason.InfoHashChanged, peer.ClosedFor);
        swarm.Checked();
        Assert.Single(swarm.Dialed);
        peer.Leave();

        Assert.Equal([SwarmFixture.At(1), SwarmFixture.At(1)], swarm.Dialed);
    }

    [Fact]
    public void Before_the_metadata_is_known_no_peer_is_cached_or_named_to_others()
    {
        using SwarmFixture swarm = Open();
        FakePeer listener = swarm.Connect(1);
        listener.Extended(
            new ExtensionHandshake { Messages = new Dictionary<string, byte> { [PexMessage.ExtensionName] = 9 } });
        swarm.Handle(new PeersFound([SwarmFixture.At(2)], PeerSource.Tracker));
        swarm.Connect(2, incoming: false);

        swarm.Pass(120);

        Assert.Empty(swarm.CachedPeers);
        Assert.DoesNotContain(listener.Inbox, sent => sent.ExtendedId == 9);
    }

    private static SwarmFixture Open(Func<SwarmSettings, SwarmSettings>? with = null)
    {
        var swarm = new SwarmFixture(with: settings =>
        {
            settings = settings with
            {
                Geometry = null,
                InfoHash = new InfoHash(SHA1.HashData(s_info)),
                MaxMetadataSize = 1 << 20,
                Session = settings.Session with { EnablePex = true },
            };
            return with?.Invoke(settings) ?? settings;
        });
        swarm.Begin();
        return swarm;
    }

    /// <summary>The peer announces the extension and the size of the info dictionary.</summary>
    private static FakePeer Announce(FakePeer peer, int? size = -1)
    {
        peer.Extended(new ExtensionHandshake
        {
            Messages = new Dictionary<string, byte> { [MetadataMessage.ExtensionName] = TheirId },
            MetadataSize = size < 0 ? s_info.Length : size,
        });
        return peer;
    }

    private static void Download(SwarmFixture swarm, FakePeer peer)
    {
        Give(Announce(peer), 0, 1, 2);
        Assert.Equal(s_info, Assert.Single(swarm.Downloaded));
    }

    private static void Give(FakePeer peer, params int[] pieces) => Give(peer, s_info, pieces);

    private static void Give(FakePeer peer, byte[] info, params int[] pieces)
    {
        foreach (int piece in pieces)
        {
            int start = piece * MetadataMessage.PieceLength;
            ReadOnlyMemory<byte> data = info.AsMemory(start, MetadataMessage.LengthOf(piece, info.Length));
            Say(peer, new MetadataMessage
            {
                Type =
                MetadataMessageType.Data,
                Piece = piece,
                TotalSize = info.Length,
                Data = data
            });
        }
    }

    private static void Say(FakePeer peer, MetadataMessage message) =>
        peer.Say(new PeerEvent
        {
            Id =
            PeerMessageId.Extended,
            ExtendedId = MetadataUploadHandler.MessageId,
            Body = message.Encode()
        });

    private static List<MetadataMessage> Sent(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent.ExtendedId == TheirId).Select(sent => MetadataMessage.Parse(sent.Body))];

    private static List<int> Requested(FakePeer peer) =>
        [.. Sent(peer).Where(message => message.Type == MetadataMessageType.Request).Select(message => message.Piece)];

    private static List<ExtensionHandshake> Handshakes(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent is { Id: PeerMessageId.Extended, ExtendedId: 0 })
            .Select(sent => ExtensionHandshake.Parse(sent.Body))];
}
