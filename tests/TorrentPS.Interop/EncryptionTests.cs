using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// Transfers with clients that require encrypted connections (MSE) or don't want them, for each policy of torrentps
/// that allows a connection.
/// </summary>
public abstract class EncryptionTests(Network network, RealClient client) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static TheoryData<Direction, ClientEncryption, string> Cases()
    {
        var cases = new TheoryData<Direction, ClientEncryption, string>();
        foreach (Direction direction in Enum.GetValues<Direction>())
        {
            cases.Add(direction, ClientEncryption.Required, "prefer");
            cases.Add(direction, ClientEncryption.Required, "require");

            // libtorrent as a leech first connects in plain text, and again with encryption only after a minute.
            if (direction == Direction.Download)
                cases.Add(direction, ClientEncryption.Default, "require");
            cases.Add(direction, ClientEncryption.Plain, "prefer");
            cases.Add(direction, ClientEncryption.Plain, "disable");
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task The_downloaded_content_equals_the_original(
        Direction direction, ClientEncryption encryption, string policy)
    {
        Requirements.Require(client);
        var clock = Stopwatch.StartNew();
        bool passed = false;
        try
        {
            using var environment = new TestEnvironment(network);
            TestContent content = TestContent.Of(Shape.SingleFile);
            TestTorrent torrent = await TestTorrent.CreateAsync(environment, content, TrackerKind.Http);
            environment.StartTracker(torrent);
            string folder = environment.NewFolder("download");
            if (direction == Direction.Download)
            {
                await environment.SeedAsync(client, torrent, encryption: encryption);
                await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
                await TorrentPsTool.Download(environment, torrent, folder, "--encryption", policy)
                    .SucceedAsync(s_limit);
            }
            else
            {
                RunningProcess seed = TorrentPsTool.Seed(
                    environment, torrent, content.Folder, more: ["--encryption", policy]);
                await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
                await environment.LeechAsync(client, torrent.Path, folder, s_limit, encryption: encryption);
                await seed.StopAsync("TERM", TimeSpan.FromSeconds(10));
            }

            if (content.DifferenceTo(folder, direction == Direction.Seed ? client : null) is { } difference)
                throw environment.Failure(difference);
            passed = true;
        }
        finally
        {
            MatrixReport.Add(client, direction, encryption, policy, passed, clock.Elapsed);
        }
    }
}

public sealed class EncryptionWithLibtorrentTests(Network network) : EncryptionTests(network, RealClient.Libtorrent);

public sealed class EncryptionWithTransmissionTests(Network network)
    : EncryptionTests(network, RealClient.Transmission);

public sealed class EncryptionWithAria2Tests(Network network) : EncryptionTests(network, RealClient.Aria2);
