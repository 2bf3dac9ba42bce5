using System.Net;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

#pragma warning disable CA1416 // The tests that use file modes are skipped on Windows.

namespace TorrentPS.Engine.Tests.Session;

/// <summary>What a session leaves in its state folder: who may read it, and what is not in it.</summary>
public sealed class StateAtRestTests : IDisposable
{
    private const string Passkey = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(64 * 1024, [], ("a.bin", 300_000), ("b.txt", 5_000));

    private string State => Path.Combine(_content.State, "not", "there yet");

    public void Dispose() => _content.Dispose();

    [SkippableFact]
    public async Task A_transfer_leaves_nothing_that_others_can_read_and_no_passkey()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using var seeds = new TorrentSession(_content.LocalSession with { StateFolder = _content.State });
        await _content.SeedAsync(seeds);
        var here = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
        MagnetLink link = _content.Metainfo.ToMagnet() with
        {
            Trackers = [$"http://127.0.0.1:1/{Passkey}/announce?passkey={Passkey}"],
            WebSeeds = [$"http://127.0.0.1:1/{Passkey}/"],
            Peers = [new HostEndPoint("127.0.0.1", here.Port)],
        };
        SessionSettings settings = _content.LocalSession with { StateFolder = State, PeerCache = PeerCacheLocation.File };
        await using (var session = new TorrentSession(settings))
        {
            Torrent download = session.Add(
                link,
                new TorrentSettings { Destination = _content.Destination, Include = ["a.bin"], StopWhen = StopWhen.Complete });
            Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        }

        new RoutingTableFile(Path.Combine(State, "dht.dat")).Save([]);
        string[] files = Directory.GetFiles(State, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith(".torrent", StringComparison.Ordinal));
        Assert.Contains(files, file => file.EndsWith(".parts", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(OwnerFile, File.GetUnixFileMode(file)));
        Assert.All(
            Directory.GetDirectories(_content.State, "*", SearchOption.AllDirectories).Where(IsInState),
            folder => Assert.Equal(OwnerFolder, File.GetUnixFileMode(folder)));
        Assert.All(
            files,
            file => Assert.DoesNotContain(Passkey, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Spill_files_are_for_the_owner_only()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        using var spill = new SpillFile(Path.Combine(State, "x.spill"), 16384);
        spill.Write(spill.TakeSlot(), 0, [new byte[10]]);
        Assert.Equal(OwnerFile, File.GetUnixFileMode(spill.FilePath));
        Assert.Equal(OwnerFolder, File.GetUnixFileMode(Path.GetDirectoryName(State)!));
    }

    [SkippableFact]
    public void The_mode_of_an_existing_folder_is_kept()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        const UnixFileMode shared = OwnerFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Directory.CreateDirectory(_content.State, shared);
        using var parts = new PartFile(Path.Combine(_content.State, "x.parts"));
        parts.Write(0, [new byte[10]]);
        Assert.Equal(shared, File.GetUnixFileMode(_content.State));
        Assert.Equal(OwnerFile, File.GetUnixFileMode(parts.FilePath));
    }

    [Fact]
    public void Only_stored_metadata_is_deleted_from_its_folder()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_content.State, "metadata")).FullName;
        string mine = Path.Combine(folder, "holiday.torrent");
        string alike = Path.Combine(folder, $"{new InfoHash(new byte[20])}.torrent");
        string empty = Path.Combine(folder, $"{new InfoHash([.. Enumerable.Repeat((byte)255, 20)])}.torrent");
        string[] others = [mine, alike, empty];
        File.WriteAllText(mine, "d4:infodee");
        File.WriteAllText(alike, "d8:announce3:udpe");
        File.WriteAllText(empty, "");
        for (int i = 0; i < MetadataFolder.MaxFiles + 3; i++)
        {
            byte[] hash = new byte[20];
            BitConverter.TryWriteBytes(hash, i + 1);
            File.WriteAllText(Path.Combine(folder, $"{new InfoHash(hash)}.torrent"), "d4:infodee");
        }

        foreach (string file in Directory.GetFiles(folder))
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddDays(others.Contains(file) ? 0 : 1));
        new MetadataFolder(folder, () => 1 << 20).Store(_content.Metainfo.WireHash, _content.Metainfo);
        Assert.All(others, file => Assert.True(File.Exists(file), file));
        Assert.Equal(MetadataFolder.MaxFiles + 3, Directory.GetFiles(folder).Length);
    }

    private bool IsInState(string folder) => folder.StartsWith(Path.GetDirectoryName(State)!, StringComparison.Ordinal);
}
