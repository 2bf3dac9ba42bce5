using System.Net;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Tests;

public sealed class SavedSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("torrentps-saved-").FullName;

    private string File => Path.Join(_folder, "session.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_setting_is_saved_and_read_again()
    {
        string list = Path.Combine(_folder, "list.p2p");
        System.IO.File.WriteAllText(list, "192.0.2.0/24");
        var settings = new SessionSettings
        {
            Port = 0,
            PortRange = new PortRange(7000, 7010),
            BindAddress = IPAddress.IPv6Loopback,
            MaxConnections = 7,
            MaxConnectionsPerAddress = 16,
            OutgoingEncryption = EncryptionPolicy.Require,
            IncomingEncryption = EncryptionPolicy.Disable,
            MaxHalfOpen = 8,
            DownloadLimit = 9,
            UploadLimit = 10,
            EnableDht = false,
            EnablePex = false,
            EnableLsd = false,
            EnablePortMapping = false,
            EnableWebSeeds = false,
            DhtBootstrap = ["a:1", "[::1]:2"],
            PeerCache = PeerCacheLocation.Parse("redis://me:secret@cache.example:6379/1"),
            BlockList = [IPNetwork.Parse("203.0.113.7/32"), IPNetwork.Parse("2001:db8::/64")],
            IPFilter = IPFilter.Load(list),
            PortFilter = [new PortRange(1, 1023), new PortRange(6881, 6881)],
            MaxMetadataSize = 11,
            BlockMemory = 12,
            MaxOpenFiles = 13,
            StateFolder = _folder,
            RandomSeed = 14,
            CloseGrace = TimeSpan.FromSeconds(15),
        };

        SavedSettings.Save(File, settings);
        SessionSettings read = SavedSettings.Load(File);

        Assert.Equal(settings.DhtBootstrap, read.DhtBootstrap);
        Assert.Equal(settings.BlockList, read.BlockList);
        Assert.Equal(settings.PortFilter, read.PortFilter);
        Assert.Equal((list, 1), (read.IPFilter.Path, read.IPFilter.RangeCount));
        Assert.Equal(
            settings,
            read with
            {
                DhtBootstrap = settings.DhtBootstrap,
                BlockList = settings.BlockList,
                IPFilter = settings.IPFilter,
                PortFilter = settings.PortFilter,
            });
        SavedSettings.Save(File, new SessionSettings { Interface = "tun0" });
        Assert.Equal("tun0", SavedSettings.Load(File).Interface);

        // Interface excludes BindAddress.
        Assert.All(
            typeof(SessionSettings).GetProperties().Where(
                property => property.CanWrite && property.Name != nameof(SessionSettings.Interface)),
            property => Assert.NotEqual(property.GetValue(new SessionSettings()), property.GetValue(settings)));
    }

    [Fact]
    public void A_saved_IP_filter_that_cannot_be_read_has_a_fault_and_leaves_the_other_settings()
    {
        string list = Path.Combine(_folder, "list.p2p");
        System.IO.File.WriteAllText(list, "192.0.2.0/24");
        SavedSettings.Save(File, new SessionSettings { IPFilter = IPFilter.Load(list), MaxConnections = 7 });
        System.IO.File.Delete(list);

        SessionSettings read = SavedSettings.Load(File);

        Assert.Equal((7, list), (read.MaxConnections, read.IPFilter.Path));
        Assert.Contains(list, read.IPFilter.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_block_list_is_saved_and_read_again()
    {
        IPNetwork[] longest =
        [
            .. Enumerable.Range(0, SessionSettings.MaxBlockList)
                .Select(i => IPNetwork.Parse($"2001:db8:aaaa:bbbb:cccc:dddd:eeee:{i:x4}/128")),
        ];

        SavedSettings.Save(File, new SessionSettings { BlockList = longest });

        Assert.Equal(longest, SavedSettings.Load(File).BlockList);
    }

    [Fact]
    public void Settings_with_default_values_are_not_written()
    {
        SavedSettings.Save(File, new SessionSettings { EnableLsd = false });

        Assert.Equal(["EnableLsd"], System.Text.Json.Nodes.JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject()
            .Select(setting => setting.Key));
    }

    [Fact]
    public void A_file_of_an_older_version_with_comments_nulls_and_unknown_settings_is_read()
    {
        System.IO.File.WriteAllText(
            File,
            """
            {
              // Written by hand.
              "Port": 7001, "BindAddress": "127.0.0.1", "EnablePex": false, "DhtBootstrap": [], "PeerCache": "none",
              "MaxConnections": null, "Later": { "version": 2 },
            }
            """);

        SessionSettings read = SavedSettings.Load(File);

        Assert.Equal(
            (7001, IPAddress.Loopback, false, 500), (read.Port, read.BindAddress, read.EnablePex, read.MaxConnections));
        Assert.Empty(read.DhtBootstrap);
        Assert.Equal(PeerCacheLocation.None, read.PeerCache);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"Port\": ")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{ \"Port\": 70000 }")]
    [InlineData("{ \"Port\": \"7000\" }")]
    [InlineData("{ \"Port\": 1, \"Port\": 2 }")]
    [InlineData("{ \"PeerCache\": \"http://x/\" }")]
    [InlineData("{ \"PeerCache\": 5 }")]
    [InlineData("{ \"BindAddress\": \"home\" }")]
    [InlineData("{ \"DhtBootstrap\": [null] }")]
    public void An_invalid_file_is_refused_and_its_path_is_reported(string text)
    {
        System.IO.File.WriteAllText(File, text);

        FormatException error = Assert.Throws<FormatException>(() => SavedSettings.Load(File));

        Assert.Contains(File, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_the_defaults_are_used() =>
        Assert.Equal(new SessionSettings(), SavedSettings.Load(File));
}
