using System.Net;

namespace TorrentPS.Engine.Tests.Session;

public sealed class SessionSettingsTests
{
    [Theory]
    [InlineData("none", false, null)]
    [InlineData("FILE", true, null)]
    [InlineData("redis://cache.example:6380/2", true, "redis://cache.example:6380/2")]
    public void A_peer_cache_location_is_a_word_or_a_Redis_address(string text, bool isEnabled, string? server)
    {
        PeerCacheLocation location = PeerCacheLocation.Parse(text);

        Assert.Equal((isEnabled, server), (location.IsEnabled, location.Server?.OriginalString));
        Assert.Equal(location, PeerCacheLocation.Parse(location.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sometimes")]
    [InlineData("http://cache.example/")]
    [InlineData("redis://")]
    [InlineData("redis:///0")]
    [InlineData("redis://cache.example/first")]
    public void A_text_that_is_not_a_peer_cache_location_is_refused_with_the_valid_ones(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => PeerCacheLocation.Parse(text));

        Assert.Contains("redis://host:port/db", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_is_kept_and_not_shown()
    {
        var location = PeerCacheLocation.Parse("redis://me:secret@cache.example:6379/0");

        Assert.Equal("redis://cache.example:6379/0", location.ToString());
        Assert.Equal("redis://me:secret@cache.example:6379/0", location.Text);
        Assert.NotEqual(location, PeerCacheLocation.Parse("redis://me:other@cache.example:6379/0"));
    }

    [Fact]
    public async Task A_change_leaves_other_settings_as_they_were_and_one_that_is_not_valid_changes_nothing()
    {
        await using var session = new TorrentSession(
            new SessionSettings { DownloadLimit = 1000, UploadLimit = 2000, MaxConnections = 7 });

        await session.ApplyAsync(settings => settings with { DownloadLimit = null, MaxConnections = 9 });
        Assert.Equal(
            (null, 2000, 9),
                (session.Settings.DownloadLimit, session.Settings.UploadLimit, session.Settings.MaxConnections));

        SessionException error = await Assert.ThrowsAsync<SessionException>(
            () => session.ApplyAsync(settings => settings with { UploadLimit = 5, MaxConnections = 0 }));
        Assert.Equal(SessionErrorId.BadSettings, error.Id);
        Assert.Equal((2000, 9), (session.Settings.UploadLimit, session.Settings.MaxConnections));
    }

    public static TheoryData<string, Func<SessionSettings, SessionSettings>> FixedSettings => new()
    {
        { "Port", settings => settings with { Port = null } },
        { "PortRange", settings => settings with { PortRange = new PortRange(1, 2) } },
        { "BindAddress", settings => settings with { BindAddress = IPAddress.IPv6Loopback } },
        { "MaxHalfOpen", settings => settings with { MaxHalfOpen = 1 } },
        { "BlockMemory", settings => settings with { BlockMemory = 1 << 20 } },
        { "StateFolder", settings => settings with { StateFolder = Path.GetTempPath() } },
        { "RandomSeed", settings => settings with { RandomSeed = 1 } },
    };

    [Theory]
    [MemberData(nameof(FixedSettings))]
    public async Task A_fixed_setting_can_be_changed_before_the_session_opens_and_not_after(
        string name, Func<SessionSettings, SessionSettings> change)
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        await using var session = new TorrentSession();
        await session.ApplyAsync(change);
        await session.ApplyAsync(_ => content.LocalSession);
        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });

        SessionException refused = await Assert.ThrowsAsync<SessionException>(
            () => session.ApplyAsync(settings => change(settings) with { MaxConnections = 3 }));

        Assert.Equal(SessionErrorId.BadSettings, refused.Id);
        Assert.StartsWith(name, refused.Message, StringComparison.Ordinal);
        Assert.Equal(content.LocalSession, session.Settings);
    }

    [Fact]
    public async Task Port_0_takes_any_free_port_and_no_port_takes_the_first_free_one_of_the_range()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 10_000));
        var torrent = new TorrentSettings { Destination = content.Destination };
        await using var any = new TorrentSession(content.LocalSession with { Port = 0 });
        any.Add(content.Metainfo, torrent);
        int free = any.ListenPort!.Value;
        await using var next = new TorrentSession(
            content.LocalSession with { Port = null, PortRange = new PortRange(free, free + 20) });

        next.Add(content.Metainfo, torrent);

        Assert.InRange(free, 1, IPEndPoint.MaxPort);
        Assert.InRange(next.ListenPort!.Value, free + 1, free + 20);
    }
}
