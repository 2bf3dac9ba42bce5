using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Requests that a session refuses with a stable id, without changing anything.</summary>
public sealed class SessionErrorTests
{
    [Fact]
    public async Task The_same_torrent_twice_is_refused_until_the_first_has_ended()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using TorrentSession session = Open(content);
        var settings = new TorrentSettings { Destination = content.Destination };
        Torrent first = session.Add(content.Metainfo, settings);

        Assert.Equal(
            SessionErrorId.DuplicateTorrent,
            Assert.Throws<SessionException>(() => session.Add(content.Metainfo, settings)).Id);

        await first.StopAsync();
        Torrent second = session.Add(content.Metainfo, settings);
        Assert.Equal([second], session.Torrents);
        Assert.Same(second, session.Find(content.Metainfo.WireHash));
        await session.RemoveAsync(second);
        Assert.Empty(session.Torrents);
    }

    [Fact]
    public async Task An_ended_torrent_stays_in_the_session_when_its_replacement_is_refused()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using TorrentSession session = Open(content);
        var settings = new TorrentSettings { Destination = content.Destination };
        Torrent first = session.Add(content.Metainfo, settings);
        await first.StopAsync();

        Assert.Throws<SessionException>(() => session.Add(content.Metainfo, settings with { Include = ["[z-a]*"] }));

        Assert.Equal([first], session.Torrents);
    }

    public static TheoryData<string, Func<TorrentSettings, TorrentSettings>> BadSettings => new()
    {
        { "peers", settings => settings with { MaxPeers = 0 } },
        { "download limit", settings => settings with { DownloadLimit = 0 } },
        { "upload limit", settings => settings with { UploadLimit = -5 } },
        { "ratio", settings => settings with { SeedRatio = -0.1 } },
        { "no ratio", settings => settings with { SeedRatio = double.NaN } },
        { "pieces", settings => settings with { PieceCount = -1 } },
        { "wildcard", settings => settings with { Include = ["[z-a]*"] } },
    };

    [Theory]
    [MemberData(nameof(BadSettings))]
    public async Task Settings_that_are_not_valid_are_refused(string what, Func<TorrentSettings, TorrentSettings> spoil)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using TorrentSession session = Open(content);

        SessionException error = Assert.Throws<SessionException>(
            () => session.Add(content.Metainfo, spoil(new TorrentSettings { Destination = content.Destination })));

        Assert.True(error.Id == SessionErrorId.BadSettings, what);
        Assert.Empty(session.Torrents);
    }

    [Fact]
    public async Task The_error_for_a_port_in_use_names_it_and_the_session_can_be_used_later()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        await using var session = new TorrentSession(content.LocalSession with { Port = port });
        var settings = new TorrentSettings { Destination = content.Destination };

        SessionException error = Assert.Throws<SessionException>(() => session.Add(content.Metainfo, settings));
        Assert.Equal(SessionErrorId.PortUnavailable, error.Id);
        Assert.Contains($"{port}", error.Message, StringComparison.Ordinal);
        Assert.Empty(session.Torrents);
        Assert.Null(session.ListenPort);

        holder.Dispose();
        session.Add(content.Metainfo, settings);
        Assert.Equal(port, session.ListenPort);
    }

    [Theory]
    [InlineData(70_000, 1, 2)]
    [InlineData(-1, 1, 2)]
    [InlineData(null, 20, 10)]
    [InlineData(null, 65_000, 70_000)]
    public async Task A_port_that_does_not_exist_is_refused(int? port, int first, int last)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using var session = new TorrentSession(
            content.LocalSession with { Port = port, PortRange = new PortRange(first, last) });

        SessionException error = Assert.Throws<SessionException>(
            () => session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination }));

        Assert.Equal(SessionErrorId.BadSettings, error.Id);
    }

    [Fact]
    public async Task A_closed_session_refuses_torrents_and_can_be_closed_again()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        TorrentSession session = Open(content);
        await session.DisposeAsync();
        await session.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(
            () => session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination }));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => session.ApplyAsync(settings => settings with { UploadLimit = 1 }));
    }

    [Fact]
    public async Task Limits_must_be_positive()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using TorrentSession session = Open(content);
        Torrent torrent = session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });

        await Assert.ThrowsAsync<SessionException>(
            () => session.ApplyAsync(settings => settings with { DownloadLimit = -1 }));
        await Assert.ThrowsAsync<SessionException>(
            () => torrent.ApplyAsync(settings => settings with { UploadLimit = -1 }));
        await session.ApplyAsync(settings => settings with { UploadLimit = 1 });
        await torrent.ApplyAsync(settings => settings with { DownloadLimit = 1 });
    }

    [Fact]
    public async Task An_exception_in_a_handler_of_state_changes_does_not_harm_the_torrent()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using TorrentSession session = Open(content);
        Torrent torrent = session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, StopWhen = StopWhen.Complete });
        torrent.StateChanged += (_, _) => throw new InvalidOperationException("An error of the handler.");

        Assert.True((await torrent.Completion.WaitAsync(TimeSpan.FromSeconds(30))).GoalReached);
    }

    private static TorrentSession Open(TestTorrent content) => new(content.LocalSession);
}
