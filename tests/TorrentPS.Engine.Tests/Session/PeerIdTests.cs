using System.Net;
using System.Reflection;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The peer ids and tracker keys of a session: whom they connect, and where they come from.</summary>
public sealed class PeerIdTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly List<TestTorrent> _contents = [];

    public ValueTask DisposeAsync()
    {
        _contents.ForEach(content => content.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Each_private_torrent_has_a_peer_id_of_its_own_and_public_torrents_share_one()
    {
        TestTorrent[] contents = [Content(1, true), Content(2, true), Content(3, false), Content(4, false)];
        await using TorrentSession session = new(contents[0].LocalSession);
        foreach (TestTorrent content in contents)
            await content.SeedAsync(session);

        PeerId[] ids = await IdsAsync(session, contents);

        Assert.Equal(ids[2], ids[3]);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(ids, await IdsAsync(session, contents));
    }

    [Fact]
    public async Task A_tracker_is_told_the_id_of_the_handshakes_and_a_key_of_the_torrent()
    {
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok("d8:intervali1800e5:peers0:e"u8));
        TestTorrent[] contents = [Content(1, true, tracker), Content(2, false, tracker), Content(3, false, tracker)];
        await using TorrentSession session = new(contents[0].LocalSession);
        var keys = new List<string>();
        foreach (TestTorrent content in contents)
        {
            Torrent seed = await content.SeedAsync(session);
            string first = (await tracker.NextAsync()).Target;
            PeerId id = (await IdsAsync(session, content))[0];
            Assert.Equal(id.ToString(), Convert.ToHexStringLower(Latin1Of(Parameter(first, "peer_id"))));

            // A tracker recognizes the client by the key after a pause, too.
            seed.Pause();
            Assert.Contains("event=stopped", (await tracker.NextAsync()).Target, StringComparison.Ordinal);
            seed.Resume();
            string again = (await tracker.NextAsync()).Target;
            Assert.Equal(Parameter(first, "peer_id"), Parameter(again, "peer_id"));
            Assert.Equal(Parameter(first, "key"), Parameter(again, "key"));
            keys.Add(Parameter(first, "key"));
        }

        Assert.Equal(3, keys.Distinct().Count());
    }

    [Fact]
    public async Task The_torrent_of_a_magnet_link_keeps_its_own_peer_id_when_its_metadata_is_known()
    {
        TestTorrent hidden = Content(1, true), open = Content(2, false);
        await using TorrentSession seeds = new(hidden.LocalSession);
        await hidden.SeedAsync(seeds);
        await using TorrentSession session = new(open.LocalSession);
        await open.SeedAsync(session);
        Torrent download = session.Add(
            hidden.Metainfo.ToMagnet(),
            new TorrentSettings { Destination = hidden.Destination, StopWhen = StopWhen.Never });
        PeerId[] before = await IdsAsync(session, hidden, open);

        download.AddPeers([new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value)]);
        await download.ReachAsync(TorrentState.Seeding);

        Assert.True(download.Metainfo!.IsPrivate);
        Assert.Equal(before, await IdsAsync(session, hidden, open));
        Assert.NotEqual(before[0], before[1]);
    }

    [Fact]
    public async Task A_private_torrent_notices_a_connection_to_itself()
    {
        TestTorrent content = Content(1, true);
        await using TorrentSession session = new(content.LocalSession);
        Torrent seed = await content.SeedAsync(session);

        seed.AddPeers([new IPEndPoint(IPAddress.Loopback, session.ListenPort!.Value)]);

        using var limit = new CancellationTokenSource(s_limit);
        await foreach (SessionEvent entry in session.Events.WatchAsync(0, limit.Token))
        {
            if (entry.Kind != SessionEventKind.PeerRefused)
                continue;
            Assert.Contains("the peer is this client itself", entry.Message, StringComparison.Ordinal);
            break;
        }

        Assert.Empty(await seed.GetPeersAsync());
    }

    [Fact]
    public async Task Peer_ids_and_keys_come_from_a_cryptographic_source_also_with_a_seed()
    {
        // Of two sessions with the same seed, all other random numbers are the same.
        SessionSettings settings = Content(1, true).LocalSession with { RandomSeed = 7 };
        await using var one = new SessionResources(
            settings, NetworkBinding.Any, TimeProvider.System, new SessionEventLog(TimeProvider.System));
        await using var other = new SessionResources(
            settings, NetworkBinding.Any, TimeProvider.System, new SessionEventLog(TimeProvider.System));

        Assert.NotEqual(one.PeerId, other.PeerId);
        ParameterInfo[] sources =
        [
            .. new[] { typeof(LocalPeerId), typeof(TorrentIdentity) }
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
                .SelectMany(method => method.GetParameters())
                .Where(parameter => typeof(Random).IsAssignableFrom(parameter.ParameterType)),
        ];
        Assert.Equal(3, sources.Length);
        Assert.All(sources, source => Assert.Equal(typeof(SecureRandom), source.ParameterType));
        Assert.True(typeof(SecureRandom).IsSealed);
    }

    private TestTorrent Content(int number, bool isPrivate, FakeHttpTracker? tracker = null)
    {
        string[] trackers = tracker is null ? [] : [tracker.Url("/announce").AbsoluteUri];
        var content = new TestTorrent(16 * 1024, trackers, isPrivate, null, ($"{number}.bin", 20_000 + number));
        _contents.Add(content);
        return content;
    }

    /// <summary>Connects to each torrent of a session, and returns the peer ids in the session's handshakes.</summary>
    private static async Task<PeerId[]> IdsAsync(TorrentSession session, params TestTorrent[] contents)
    {
        var ids = new List<PeerId>();
        foreach (TestTorrent content in contents)
        {
            using WirePeer peer = await WirePeer.ConnectAsync(
                new IPEndPoint(IPAddress.Loopback, session.ListenPort!.Value), content.Metainfo.WireHash, 7001);
            ids.Add(peer.Handshake.PeerId);
        }

        return [.. ids];
    }

    private static string Parameter(string target, string name) =>
        target.Split('?', '&').Single(part => part.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static byte[] Latin1Of(string escaped) => System.Text.Encoding.Latin1.GetBytes(Uri.UnescapeDataString(escaped));
}
