using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace TorrentPS.Interop;

/// <summary>Attacks over real sockets on a seed in a process of its own, while honest peers want its content.</summary>
public sealed class StrangerTests(Network network, ITestOutputHelper output) : IClassFixture<Network>
{
    private const string Attacker = "20.7.66.66";
    private static readonly IPEndPoint s_seed = new(IPAddress.Parse(Network.LocalPublicAddress), 7001);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task One_address_with_2000_connections_keeps_no_other_peer_out()
    {
        const int connections = 2000, peers = 20;
        using TestEnvironment environment = Open();
        TestTorrent torrent = await SeedAsync(environment);
        Stranger[] attackers = Stranger.Create(network, Enumerable.Repeat(Attacker, connections));
        int admitted = 0;
        var attack = new List<Task>();
        foreach (Stranger attacker in attackers)
        {
            attack.Add(HoldPlaceAsync(attacker));
            if (attack.Count % 50 == 0)
                await Task.Delay(10);
        }

        TimeSpan slowest = TimeSpan.Zero;
        for (int i = 0; i < peers; i++)
        {
            TimeSpan time = await TimeOfBlockAsync(torrent, $"20.7.1.{i + 1}");
            slowest = time > slowest ? time : slowest;
        }

        await Task.WhenAll(attack);
        output.WriteLine(
            $"{peers} of {peers} peers got a block, the slowest after {slowest.TotalMilliseconds:0} ms; "
            + $"{admitted} of {connections} connections of one address were admitted");
        Assert.True(slowest < TimeSpan.FromSeconds(30), $"A peer got its first block after {slowest}.");
        Assert.InRange(admitted, 0, 1);
        Release(attackers);

        // Sends its handshake and interest, and then nothing.
        async Task HoldPlaceAsync(Stranger attacker)
        {
            try
            {
                await attacker.ConnectAsync(s_seed);
                await attacker.ShakeHandsAsync(torrent);
                await attacker.SendAsync(Stranger.Message(2));
                await attacker.ReadMessageAsync();
                Interlocked.Increment(ref admitted);
            }
            catch (Exception error) when (error is SocketException or EndOfStreamException)
            {
                // The connection was refused.
            }
        }
    }

    [SkippableFact]
    public async Task Half_open_connections_of_one_address_keep_no_other_peer_out()
    {
        const int perSecond = 245, seconds = 8, peers = 29;
        using TestEnvironment environment = Open();
        TestTorrent torrent = await SeedAsync(environment);
        Stranger[] attackers = Stranger.Create(network, Enumerable.Repeat(Attacker, perSecond * seconds));
        var clock = Stopwatch.StartNew();
        using var honest = new SemaphoreSlim(0);
        Task<int> served = ServeAsync();
        var attack = new List<Task>();
        for (int i = 0; i < attackers.Length; i++)
        {
            TimeSpan due = TimeSpan.FromSeconds((double)i / perSecond);
            if (due > clock.Elapsed)
                await Task.Delay(due - clock.Elapsed);
            attack.Add(HoldOpenAsync(attackers[i]));

            // The peers come in the second half of the attack, evenly spread.
            if (i >= attackers.Length / 2 && i % (attackers.Length / 2 / peers) == 0)
                honest.Release();
        }

        honest.Release(peers);
        int count = await served;
        await Task.WhenAll(attack);
        output.WriteLine($"{count} of {peers} peers got a block during {perSecond} half-open connections per second");
        Assert.True(count >= 0.95 * peers, $"Only {count} of {peers} peers got a block.");
        Release(attackers);

        static async Task HoldOpenAsync(Stranger attacker)
        {
            try
            {
                await attacker.ConnectAsync(s_seed);
            }
            catch (SocketException)
            {
                // The connection was closed to make room for another.
            }
        }

        async Task<int> ServeAsync()
        {
            int count = 0;
            for (int i = 0; i < peers; i++)
            {
                await honest.WaitAsync();
                try
                {
                    await TimeOfBlockAsync(torrent, $"20.7.2.{i + 1}");
                    count++;
                }
                catch (Exception error) when (error is SocketException or EndOfStreamException)
                {
                    // The peer was refused.
                }
            }

            return count;
        }
    }

    public static TheoryData<string> FloodKinds => [.. Floods.Kinds, "every kind"];

    [SkippableTheory]
    [MemberData(nameof(FloodKinds))]
    public async Task A_hundred_flooding_peers_use_little_memory_and_delay_no_other_peer(string kind)
    {
        const int floods = 100, peers = 20;
        using TestEnvironment environment = Open();

        // Many pieces, because a bitfield costs as much time as it has bits.
        TestTorrent torrent = await SeedAsync(environment, Shape.LargePieces, pieceLength: 16 << 10);
        byte[][] all = Floods.All(torrent.PieceCount);
        int only = Array.IndexOf(Floods.Kinds, kind);
        using var ending = new CancellationTokenSource();
        using var begun = new SemaphoreSlim(0);
        long sent = 0;
        int connections = 0;
        int flooded = 0;
        Task[] flooding =
        [
            .. Enumerable.Range(0, floods).Select(i => Task.Run(
                () => FloodAsync($"20.7.3.{i + 1}", all[only < 0 ? i % all.Length : only]))),
        ];

        // Every attacker has flooded at least once before the first peer comes.
        await begun.WaitAsync().WaitAsync(s_limit);
        RunningProcess newcomers = environment.StartLocal(
            "newcomers",
            "/usr/bin/python3",
            TestEnvironment.Script("first_blocks.py"),
            $"{s_seed.Address}",
            $"{s_seed.Port}",
            torrent.InfoHash,
            "20.7.4.1",
            $"{peers}");
        await newcomers.SucceedAsync(s_limit);
        double[] times = [.. newcomers.Lines.Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
        long memory = environment.PeakMemoryOf("torrentps seed");
        await ending.CancelAsync();
        await Task.WhenAll(flooding);

        double median = times.Order().ElementAt(peers / 2);
        output.WriteLine(
            $"{floods} floods of {kind} sent {sent >> 20} MiB over {connections} connections; "
            + $"peak memory {memory >> 20} MiB; "
            + $"first block after {median:0} ms (median), {times.Max():0} ms (slowest)");
        output.WriteLine(string.Join(' ', times.Select(t => $"{t:0}")));
        Assert.True(memory < 200L << 20, $"The seed used {memory >> 20} MiB.");
        Assert.Equal(peers, times.Length);
        Assert.True(median < 200, $"Half of the peers got their first block after more than {median:0} ms.");

        // Connects again whenever it is disconnected.
        async Task FloodAsync(string address, byte[] flood)
        {
            bool isFirst = true;
            while (!ending.IsCancellationRequested)
            {
                using Stranger peer = Stranger.Create(network, address)[0];
                try
                {
                    await peer.ConnectAsync(s_seed);
                    await peer.ShakeHandsAsync(torrent);
                    Interlocked.Increment(ref connections);
                    await peer.SendAsync(Stranger.Message(2));
                    for (int i = 0; (i < 4 || !isFirst) && !ending.IsCancellationRequested; i++)
                    {
                        await peer.SendAsync(flood);
                        Interlocked.Add(ref sent, flood.Length);
                    }
                }
                catch (Exception error)
                    when (error is SocketException or EndOfStreamException or OperationCanceledException)
                {
                    await Task.Delay(50);
                }

                if (isFirst && Interlocked.Increment(ref flooded) == floods)
                    begun.Release();
                isFirst = false;
            }
        }
    }

    private TestEnvironment Open()
    {
        Requirements.Require();
        network.EnsurePublic();
        return new TestEnvironment(network);
    }

    private static async Task<TestTorrent> SeedAsync(
        TestEnvironment environment, Shape shape = Shape.SingleFile, int? pieceLength = null)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(shape), TrackerKind.Http, pieceLength: pieceLength);
        environment.StartTracker(torrent);
        TorrentPsTool.Seed(
            environment, torrent, torrent.Content.Folder, PeerSourceKind.Tracker, Network.LocalPublicAddress);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        return torrent;
    }

    /// <summary>Connects a peer and downloads one block. Returns the time from the connect to the block.</summary>
    private async Task<TimeSpan> TimeOfBlockAsync(TestTorrent torrent, string address)
    {
        using Stranger peer = Stranger.Create(network, address)[0];
        var clock = Stopwatch.StartNew();
        await peer.ConnectAsync(s_seed);
        await peer.ShakeHandsAsync(torrent);
        await peer.DownloadBlockAsync();
        return clock.Elapsed;
    }

    private static void Release(Stranger[] strangers)
    {
        foreach (Stranger stranger in strangers)
            stranger.Dispose();
    }
}
