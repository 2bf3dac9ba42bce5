using System.Runtime.InteropServices;
using TorrentPS.Engine;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Namespaces;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// A swarm of ten peers with mixed uplinks, all present from the start: a seed, the measured peer, three free riders
/// and five peers with tit for tat. It can be simulated or run as processes.
/// </summary>
internal static class SmallSwarm
{
    public const long Size = 96L << 20;
    public const int PieceLength = 256 * 1024;
    private const double GiveUp = 900;

    /// <summary>
    /// Share of a shaped uplink that is payload, as measured. 66 of every 1,514 bytes are Ethernet, IP and TCP headers,
    /// and about 2 % of an uplink carries acknowledgements.
    /// </summary>
    private const double PayloadPart = 0.93;

    /// <summary>
    /// One-way latency of a machine in milliseconds, so that a round trip equals two full queues, the only delay of the
    /// shaped links.
    /// </summary>
    private const double Latency = ShapedNetwork.QueueMilliseconds / 4.0;

    /// <summary>Download bandwidth of each machine in Mbit/s, more than all others can send.</summary>
    private const double Down = 1000;

    private static readonly Member[] s_members =
    [
        new("seed", 12, IsSeed: true),
        new("measured", 8),
        new("other", 3), new("other", 4), new("other", 6), new("other", 10), new("other", 15),
        new("rider", 4, Uploads: false), new("rider", 8, Uploads: false), new("rider", 15, Uploads: false),
    ];

    private static int MeasuredIndex => Array.FindIndex(s_members, member => member.Name == "measured");

    /// <summary>Runs the swarm as processes in network namespaces.</summary>
    /// <returns>The outcome of the measured peer.</returns>
    public static async Task<PeerOutcome> RunAsync(ChokerKind choker, int seed, TextWriter? progress)
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(GiveUp));
        using var content = new Content(Size, PieceLength);
        using var network = new ShapedNetwork();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Clear());
        using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Clear());
        var peers = new List<PeerProcess>();
        try
        {
            for (int i = 0; i < s_members.Length; i++)
                peers.Add(new PeerProcess(network.Add(s_members[i].Megabits), OrderFor(i, content, choker, seed)));
            await Task.WhenAll(peers.Select(peer => peer.ReadyAsync(giveUp.Token)));
            foreach (PeerProcess peer in peers)
                peer.Begin();
            Task<PeerOutcome>[] contributors =
                [
                    .. Enumerable.Range(0, peers.Count).Where(
                        i => s_members[i] is { IsSeed: false, Uploads: true }).Select(i => WaitAsync(i))
                ];
            await Task.WhenAll(contributors);
            return await contributors[MeasuredIndex - 1];
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }

        void Clear()
        {
            network.Dispose();
            content.Dispose();
        }

        async Task<PeerOutcome> WaitAsync(int index)
        {
            PeerOutcome outcome = await peers[index].OutcomeAsync(giveUp.Token);
            progress?.WriteLine(FormattableString.Invariant(
                $"  {s_members[index].Name} of {s_members[index].Megabits} Mbit/s: {outcome.Seconds:0.0} s, ")
                + FormattableString.Invariant($"{outcome.Uploaded / 1048576.0:0.0} MiB sent"));
            return outcome;
        }
    }

    /// <summary>Simulates the swarm.</summary>
    /// <returns>The outcome of the measured peer.</returns>
    public static PeerOutcome Simulate(ChokerKind choker, int seed, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength);
        Machine[] machines = [.. s_members.Select((member, index) => world.Add(new MachineSettings
        {
            Name = member.Name,
            Access = Access.Megabits(member.Megabits * PayloadPart, Down, Latency),
            IsSeed = member.IsSeed,
            StaysAfterCompletion = member.IsSeed ? null : 0,
            Configure = settings => settings with
            {
                Torrent = settings.Torrent with
                {
                    Choker = ChokerOf(index, choker),
                    UploadSlots = member.Uploads ? null : 0,
                },
            },
        }))];
        Machine[] contributors = [
            .. machines.Where((_, index) => s_members[index] is { IsSeed: false, Uploads: true })
        ];
        world.Run(() => contributors.All(machine => machine.CompletedAt is not null), GiveUp);
        foreach (Machine machine in contributors)
        {
            progress?.WriteLine(FormattableString.Invariant(
                $"  {machine.Name} of {machine.Access.Up * 8e-6:0.0} Mbit/s: {machine.CompletedAt:0.0} s, ")
                + FormattableString.Invariant($"{machine.SentAtCompletion / 1048576.0:0.0} MiB sent"));
        }

        return new PeerOutcome(
            machines[MeasuredIndex].CompletedAt ?? double.NaN, machines[MeasuredIndex].SentAtCompletion);
    }

    private static ChokerKind ChokerOf(int index, ChokerKind choker) =>
        index == MeasuredIndex ? choker : ChokerKind.TitForTat;

    private static PeerOrder OrderFor(int index, Content content, ChokerKind choker, int seed)
    {
        Member member = s_members[index];
        string folder = content.FolderOf(member.IsSeed ? "seed" : FormattableString.Invariant($"peer{index}"));
        return new PeerOrder(
            content.Torrent,
            folder,
            index + 1,
            s_members.Length,
            member.IsSeed,
            member.Uploads,
            ChokerOf(index, choker),
            (seed * 100) + index);
    }

    private sealed record Member(string Name, double Megabits, bool IsSeed = false, bool Uploads = true);
}
