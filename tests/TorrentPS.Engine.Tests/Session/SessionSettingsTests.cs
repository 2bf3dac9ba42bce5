namespace TorrentPS.Engine.Tests.Session;

public sealed class SessionSettingsTests
{
    [Theory]
    [InlineData("none", false, null)]
    [InlineData("FILE", true, null)]
    [InlineData("redis://cache.example:6380/2", true, "redis://cache.example:6380/2")]
    public void A_peer_cache_is_chosen_by_a_word_or_an_address(string text, bool isEnabled, string? server)
    {
        PeerCacheChoice choice = PeerCacheChoice.Parse(text);

        Assert.Equal(new PeerCacheChoice(isEnabled, server is null ? null : new Uri(server)), choice);
        Assert.Equal(choice, PeerCacheChoice.Parse(choice.ToString()));
        Assert.Equal(choice, PeerCacheChoice.Of(choice.ApplyTo(new SessionSettings())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sometimes")]
    [InlineData("http://cache.example/")]
    [InlineData("redis://")]
    [InlineData("redis:///0")]
    [InlineData("redis://cache.example/first")]
    public void What_is_no_peer_cache_is_refused_with_what_is(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => PeerCacheChoice.Parse(text));

        Assert.Contains("redis://host:port/db", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_is_not_shown() =>
        Assert.Equal("redis://cache.example:6379/0", PeerCacheChoice.Parse("redis://me:secret@cache.example:6379/0").ToString());

    [Fact]
    public async Task A_change_holds_for_what_it_names_and_a_bad_one_for_nothing()
    {
        await using var session = new TorrentSession(new SessionSettings { DownloadLimit = 1000, UploadLimit = 2000, MaxConnections = 7 });

        await session.ApplyAsync(new SessionChange { DownloadLimit = 0, MaxConnections = 9 });
        Assert.Equal((null, 2000, 9), (session.Settings.DownloadLimit, session.Settings.UploadLimit, session.Settings.MaxConnections));

        SessionException error = await Assert.ThrowsAsync<SessionException>(() => session.ApplyAsync(new SessionChange { UploadLimit = 5, MaxConnections = 0 }));
        Assert.Equal(SessionErrorId.BadSettings, error.Id);
        Assert.Equal((2000, 9), (session.Settings.UploadLimit, session.Settings.MaxConnections));
    }
}
