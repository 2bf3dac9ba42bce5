using System.Net;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>What the loop reports to the event log: each event once, with its peer and its reason.</summary>
public sealed class EventTests
{
    [Fact]
    public void Connections_are_reported_at_their_start_and_with_the_reason_at_their_end()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer first = swarm.Connect(1);
        swarm.Handle(new PeersFound([SwarmFixture.At(2)], PeerSource.Tracker));
        FakePeer second = swarm.Connect(2, incoming: false);
        first.Leave("It sent a frame of 4 GiB.", DisconnectReason.ProtocolError);
        second.Leave();

        Assert.Equal([first.EndPoint, second.EndPoint], Of(swarm, SessionEventKind.PeerConnected).Select(entry => entry.Peer));
        Assert.EndsWith("connected to this client.", Of(swarm, SessionEventKind.PeerConnected)[0].Message);
        Assert.EndsWith("peer source Tracker.", Of(swarm, SessionEventKind.PeerConnected)[1].Message);
        Assert.Equal(
            [
                (first.EndPoint, "Disconnected: the peer violated the protocol. It sent a frame of 4 GiB."),
                (second.EndPoint, "Disconnected: the peer closed the connection, or the network failed."),
            ],
            Of(swarm, SessionEventKind.PeerDisconnected).Select(entry => (entry.Peer!, entry.Message)));
    }

    [Fact]
    public void A_refused_connection_is_reported_once_and_not_as_connected()
    {
        using SwarmFixture swarm = new SwarmFixture(with: settings =>
            settings with { Torrent = settings.Torrent with { MaxPeers = 1 } }).Start();
        swarm.Connect(1);
        FakePeer surplus = swarm.Connect(2);

        Assert.Equal(DisconnectReason.TooMany, surplus.ClosedFor);
        Assert.Equal(
            [(surplus.EndPoint, "Incoming connection closed after the handshake: the maximum number of connections is reached.")],
            Of(swarm, SessionEventKind.PeerRefused).Select(entry => (entry.Peer!, entry.Message)));
        Assert.Single(Of(swarm, SessionEventKind.PeerConnected));
        Assert.Empty(Of(swarm, SessionEventKind.PeerDisconnected));
    }

    [Fact]
    public void Refused_connections_of_one_address_are_reported_once_at_first_and_then_as_a_number_each_minute()
    {
        const int seconds = 600, perSecond = 10;
        using SwarmFixture swarm = Full();
        for (int i = 0; i < seconds * perSecond; i++)
        {
            swarm.Connect(3, at: SwarmFixture.At(3, 1024 + i)).Leave();
            if (i % perSecond == 0)
                swarm.Pass(1);
        }

        swarm.Pass(60);
        List<(SessionEventKind Kind, string Message, IPEndPoint? Peer)> refused = Of(swarm, SessionEventKind.PeerRefused);
        Assert.InRange(refused.Count, 10, 12);
        Assert.StartsWith("Incoming connection closed", refused[0].Message);
        Assert.All(refused, entry => Assert.Equal(SwarmFixture.At(3).Address, entry.Peer!.Address));
        Assert.Equal((seconds * perSecond) - 1, refused.Skip(1).Sum(entry => int.Parse(entry.Message.Split(' ')[0])));
        Assert.EndsWith(
            " more connections closed after the handshake, the latest because the maximum number of connections is reached.",
            refused[1].Message);
    }

    [Fact]
    public void Refused_connections_of_many_addresses_cannot_fill_the_log()
    {
        const int minutes = 60;
        using SwarmFixture swarm = Full();
        for (int i = 0; i < minutes * 60; i++)
        {
            swarm.Connect(3, at: new IPEndPoint(new IPAddress([10, 1, (byte)(i / 250), (byte)(i % 250)]), 6881)).Leave();
            swarm.Pass(1);
        }

        swarm.Pass(60);
        List<(SessionEventKind Kind, string Message, IPEndPoint? Peer)> refused = Of(swarm, SessionEventKind.PeerRefused);
        Assert.InRange(refused.Count, minutes, minutes * (RefusalHandler.MaxOrigins + 1));
        Assert.True(refused.Count < SessionEventLog.Capacity / 2);
        Assert.Contains(refused, entry => entry.Peer is null);
    }

    private static SwarmFixture Full()
    {
        SwarmFixture swarm = new SwarmFixture(with: settings =>
            settings with { Torrent = settings.Torrent with { MaxPeers = 1 } }).Start();
        swarm.Connect(1).Serving();
        return swarm;
    }

    [Fact]
    public void The_only_sender_of_a_failed_piece_is_reported_as_banned_with_the_piece()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2).Start();
        FakePeer liar = swarm.Connect(1).Serving();
        liar.Give(swarm.BlockAt(0, 0));
        liar.Give(swarm.BlockAt(0, 1), isGood: false);

        Assert.Equal(
            [(liar.EndPoint, "Banned: it sent all blocks of piece 0, whose hash did not match.")],
            Of(swarm, SessionEventKind.PeerBanned).Select(entry => (entry.Peer!, entry.Message)));
    }

    [Fact]
    public void A_peer_is_reported_as_banned_when_the_verified_piece_shows_its_bad_block()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1).Start();
        FakePeer liar = swarm.Connect(1);
        FakePeer good = swarm.Connect(2);
        liar.Extended(new() { RequestQueue = 1 });
        good.Extended(new() { RequestQueue = 1 });
        liar.Serving();
        good.Serving();
        good.Give(good.Asked[0]);
        liar.Give(liar.Asked[0], isGood: false);
        Assert.Empty(Of(swarm, SessionEventKind.PeerBanned));

        // The liar's address is known, its connection has ended: the port of its origin is 0.
        liar.Leave();
        for (int i = 0; i < 200 && swarm.State == TorrentState.Downloading; i++)
        {
            swarm.Pass(1);
            good.GiveAll();
        }

        Assert.Equal(
            [(new IPEndPoint(liar.EndPoint.Address, 0), "Banned: its blocks of piece 0 differ from those of the verified piece.")],
            Of(swarm, SessionEventKind.PeerBanned).Select(entry => (entry.Peer!, entry.Message)));
    }

    [Fact]
    public void States_are_reported_in_order()
    {
        using (SwarmFixture swarm = new SwarmFixture().Start())
        {
            swarm.Handle(new PauseRequested());
            swarm.Handle(new PauseRequested());
            swarm.Handle(new ResumeRequested());
            swarm.Connect(1).Serving().GiveAll();
            swarm.Handle(new StopRequested());
            Assert.Equal(
                [
                    "Started in state Checking.",
                    "State changed from Checking to Downloading.",
                    "State changed from Downloading to Paused.",
                    "State changed from Paused to Downloading.",
                    "State changed from Downloading to Seeding.",
                    "State changed from Seeding to Stopped.",
                ],
                Of(swarm, SessionEventKind.StateChanged).Select(entry => entry.Message));
        }
    }

    [Fact]
    public void A_storage_fault_is_reported_before_the_pause_and_once()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        var full = new StorageFault(StorageFaultKind.DiskFull, "/nowhere/a", "Cannot write '/nowhere/a': the disk is full.");
        swarm.Handle(new StorageFaulted(full));
        swarm.Handle(new StorageFaulted(full));

        Assert.Equal(
            [
                (SessionEventKind.StorageFault, full.Message),
                (SessionEventKind.StateChanged, "State changed from Downloading to Paused."),
            ],
            swarm.Reported.TakeLast(2).Select(entry => (entry.Kind, entry.Message)));
        Assert.Single(Of(swarm, SessionEventKind.StorageFault));
    }

    [Fact]
    public void A_failed_torrent_is_reported_with_its_fault()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Fail(new InvalidOperationException("test"));
        string message = Of(swarm, SessionEventKind.StateChanged)[^1].Message;
        Assert.StartsWith("State changed from Downloading to Failed. ", message);
        Assert.Contains("test", message);
    }

    [Fact]
    public void A_web_seed_that_is_given_up_is_reported_without_its_path_and_not_as_a_peer()
    {
        var url = new Uri("http://user:secret@host:8080/secret/");
        using SwarmFixture swarm = new SwarmFixture(with: settings => settings with { WebSeeds = [url] }).Start();
        swarm.WebSeeds[0].Leave("Not found.");
        swarm.Pass(1);

        Assert.Equal(
            [(null, "The web seed at http://host:8080 is no longer used: Not found.")],
            Of(swarm, SessionEventKind.WebSeedFailed).Select(entry => (entry.Peer, entry.Message)));
        Assert.All(swarm.Reported, entry => Assert.Null(entry.Peer));
    }

    [Fact]
    public void Blocks_add_no_event()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 8).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        int before = swarm.Reported.Count;
        for (int piece = 0; piece < 7; piece++)
        {
            peer.Give(swarm.BlockAt(piece, 0));
            peer.Give(swarm.BlockAt(piece, 1));
        }

        Assert.Equal(before, swarm.Reported.Count);
    }

    [Fact]
    public void The_check_is_reported_with_what_it_found()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 2);
        Assert.Equal(["Checked the data on disk: 2 of 4 pieces are verified."], Messages(swarm, SessionEventKind.DataChecked));
        using SwarmFixture skipping = new SwarmFixture(with: settings =>
            settings with { Torrent = settings.Torrent with { SkipCheck = true } }).Start(0, 1, 2, 3);
        Assert.Equal(
            ["The check of the data was skipped: all 4 pieces count as verified."],
            Messages(skipping, SessionEventKind.DataChecked));
    }

    [Fact]
    public void Progress_is_reported_once_for_each_tenth_beyond_the_data_on_disk()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 40).Start([.. Enumerable.Range(0, 10)]);
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Pass(1);
        Assert.Empty(Messages(swarm, SessionEventKind.ProgressMade));
        for (int piece = 10; piece < 40; piece++)
        {
            peer.Give(swarm.BlockAt(piece, 0));
            peer.Give(swarm.BlockAt(piece, 1));
            swarm.Pass(1);
        }

        Assert.Equal(
            ["30", "40", "50", "60", "70", "80", "90"],
            Messages(swarm, SessionEventKind.ProgressMade).Select(message => message.Split(' ')[0]));
        Assert.StartsWith(
            "90 % downloaded: 1.13 MiB of 1.25 MiB at 32.0 KiB/s; 1 peer connected",
            Messages(swarm, SessionEventKind.ProgressMade)[^1]);
    }

    [Fact]
    public void A_slow_download_is_reported_after_ten_minutes_if_it_has_received_a_piece()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 100).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Pass(1);
        peer.Give(swarm.BlockAt(0, 0));
        peer.Give(swarm.BlockAt(0, 1));
        swarm.Pass(ProgressHandler.Interval.TotalSeconds + 1);
        swarm.Pass(ProgressHandler.Interval.TotalSeconds + 1);
        Assert.StartsWith("1 % downloaded: 32.0 KiB of ", Assert.Single(Messages(swarm, SessionEventKind.ProgressMade)));
    }

    [Fact]
    public void The_end_of_a_download_is_reported_with_time_rate_peers_and_waste()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4, with: settings =>
            settings with { Torrent = settings.Torrent with { StopWhen = StopWhen.Complete } }).Start();
        FakePeer idle = swarm.Connect(1);
        FakePeer left = swarm.Connect(2).Serving();
        left.Give(swarm.BlockAt(0, 0));
        left.Give(swarm.BlockAt(0, 1));
        left.Give(swarm.BlockAt(0, 1));
        left.Leave();
        FakePeer peer = swarm.Connect(3).Serving();
        swarm.Pass(2);
        peer.GiveAll();

        Assert.Equal(
            [
                (SessionEventKind.DownloadCompleted,
                    "Download complete after 2 s: 144 KiB from 2 peers, 72.0 KiB/s on average, 16.0 KiB wasted, "
                    + "0 B failed the hash check, 0 B uploaded (ratio 0.00)."),
                (SessionEventKind.StateChanged, "State changed from Downloading to Seeding."),
                (SessionEventKind.StateChanged, "State changed from Seeding to Stopped."),
                (SessionEventKind.TorrentEnded,
                    "Reached the goal and ended after 2 s: 144 KiB downloaded, 0 B uploaded (ratio 0.00)."),
            ],
            swarm.Reported.TakeLast(4).Select(entry => (entry.Kind, entry.Message)));
        Assert.NotNull(idle.ClosedFor);
    }

    [Fact]
    public void A_torrent_that_is_stopped_early_ends_without_a_goal()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new StopRequested());
        Assert.Equal(
            ["Ended after 0 s: 0 B downloaded, 0 B uploaded (ratio 0.00)."], Messages(swarm, SessionEventKind.TorrentEnded));
        Assert.Empty(Messages(swarm, SessionEventKind.DownloadCompleted));
    }

    [Fact]
    public void A_pause_because_the_interface_is_gone_is_reported_with_the_reason()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new NetworkLost(new TorrentFault(TorrentFaultId.InterfaceUnavailable, "wg0", "'wg0' is gone.")));
        Assert.Equal("State changed from Downloading to Paused. 'wg0' is gone.", Messages(swarm, SessionEventKind.StateChanged)[^1]);
    }

    private static string[] Messages(SwarmFixture swarm, SessionEventKind kind) =>
        [.. Of(swarm, kind).Select(entry => entry.Message)];

    private static List<(SessionEventKind Kind, string Message, IPEndPoint? Peer)> Of(SwarmFixture swarm, SessionEventKind kind) =>
        [.. swarm.Reported.Where(entry => entry.Kind == kind)];
}
