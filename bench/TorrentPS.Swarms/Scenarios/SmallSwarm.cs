using System.Runtime.InteropServices;
using TorrentPS.Engine;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Namespaces;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Ten peers with mixed uplinks, all there from the beginning: a seed, ours, and eight others of which three are free riders and five
/// tit for tat. The same ten can be simulated and run in processes of their own.
/// </summary>
internal static class SmallSwarm
{
    public const long Size = 96L << 20;
    public const int PieceLength = 256 * 1024;
    private const double GiveUp = 900;

    /// <summary>
    /// The part of a shaped byte that is payload, as measured: 66 bytes of every 1,514 are Ethernet, IP and TCP headers, and some 2 % of an
    /// uplink acknowledge what comes the other way.
    /// </summary>
    private const double PayloadPart = 0.93;

    /// <summary>Each way half of the round trip that two full queues make, in milliseconds: besides them there is none to speak of.</summary>
    private const double Latency = ShapedNetwork.QueueMilliseconds / 4.0;

    /// <summary>What the bridge carries to each machine, in Mbit/s: more than anybody sends.</summary>
    private const double Down = 1000;

    private static readonly Member[] s_members =
    [
        new("seed", 12, IsSeed: true), new("ours", 8), new("other", 3), new("other", 4), new("other", 6), new("other", 10), new("other", 15),
        new("rider", 4, Gives: false), new("rider", 8, Gives: false), new("rider", 15, Gives: false),
    ];

    private static int Ours => Array.FindIndex(s_members, member => member.Name == "ours");

    /// <summary>Runs it in processes and namespaces.</summary>
    /// <returns>What our peer came to.</returns>
    public static async Task<PeerOutcome> RunAsync(ChokerKind ours, int seed, TextWriter? progress)
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
                peers.Add(new PeerProcess(network.Add(s_members[i].Megabits), OrderFor(i, content, ours, seed)));
            await Task.WhenAll(peers.Select(peer => peer.ReadyAsync(giveUp.Token)));
            foreach (PeerProcess peer in peers)
                peer.Begin();
            Task<PeerOutcome>[] contributors =
                [.. Enumerable.Range(0, peers.Count).Where(i => s_members[i] is { IsSeed: false, Gives: true }).Select(i => WaitAsync(i))];
            await Task.WhenAll(contributors);
            return await contributors[Ours - 1];
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
                $"  {s_members[index].Name} of {s_members[index].Megabits} Mbit/s: {outcome.Seconds:0.0} s, {outcome.Uploaded / 1048576.0:0.0} MiB sent"));
            return outcome;
        }
    }

    /// <summary>Simulates it.</summary>
    /// <returns>What our peer came to.</returns>
    public static PeerOutcome Simulate(ChokerKind ours, int seed, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength);
        Machine[] machines = [.. s_members.Select((member, index) => world.Add(new MachineSettings
        {
            Name = member.Name,
            Access = Access.Megabits(member.Megabits * PayloadPart, Down, Latency),
            IsSeed = member.IsSeed,
            StaysAfterCompletion = member.IsSeed ? null : 0,
            Configure = settings => settings with { Choker = ChokerOf(index, ours), UploadSlots = member.Gives ? null : 0 },
        }))];
        Machine[] contributors = [.. machines.Where((_, index) => s_members[index] is { IsSeed: false, Gives: true })];
        world.Run(() => contributors.All(machine => machine.CompletedAt is not null), GiveUp);
        foreach (Machine machine in contributors)
        {
            progress?.WriteLine(FormattableString.Invariant(
                $"  {machine.Name} of {machine.Access.Up * 8e-6:0.0} Mbit/s: {machine.CompletedAt:0.0} s, {machine.SentAtCompletion / 1048576.0:0.0} MiB sent"));
        }

        return new PeerOutcome(machines[Ours].CompletedAt ?? double.NaN, machines[Ours].SentAtCompletion);
    }

    private static ChokerKind ChokerOf(int index, ChokerKind ours) => index == Ours ? ours : ChokerKind.TitForTat;

    private static PeerOrder OrderFor(int index, Content content, ChokerKind ours, int seed)
    {
        Member member = s_members[index];
        string folder = content.FolderOf(member.IsSeed ? "seed" : FormattableString.Invariant($"peer{index}"));
        return new PeerOrder(content.Torrent, folder, index + 1, s_members.Length, member.IsSeed, member.Gives, ChokerOf(index, ours), (seed * 100) + index);
    }

    private sealed record Member(string Name, double Megabits, bool IsSeed = false, bool Gives = true);
}
