using System.CommandLine;
using System.Net;
using TorrentPS.Cli.Options;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Tests;

/// <summary>Every setting that can be chosen has an option, and the options give the settings.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Without_options_the_settings_are_the_defaults()
    {
        var options = new SessionOptions();

        Assert.Equal(new SessionSettings(), options.Read(Parse(options.AddTo, "")));
    }

    [Fact]
    public void Every_setting_of_the_session_has_an_option()
    {
        // The limits are options of the torrent. The others are for programs that use the engine itself.
        string[] without =
        [
            "DownloadLimit", "UploadLimit", "PortRange", "MaxHalfOpen", "BlockMemory", "MaxOpenFiles", "StateFolder",
            "RandomSeed", "CloseGrace",
            "EnableDht", "Interface",
        ];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("torrentps-options-");
        string list = Path.Combine(folder.FullName, "list.p2p");
        File.WriteAllText(list, "192.0.2.0/24");
        var options = new SessionOptions();
        SessionSettings settings = options.Read(Parse(
            options.AddTo,
            "--port 0 --bind ::1 --no-pex --no-lsd --no-port-mapping --no-web-seeds --dht-bootstrap a:1 "
            + "--peer-cache none --block 203.0.113.7 --block 198.51.100.0/24 "
            + "--max-connections 7 --max-per-address 3 --max-metadata 2 "
            + "--encryption require "
            + $"--ip-filter {list} --port-filter 25 --port-filter 1000-1023"));

        Assert.Equal(
            (0, IPAddress.IPv6Loopback, 7, 3, 2L << 20),
            (
                settings.Port,
                settings.BindAddress,
                settings.MaxConnections,
                settings.MaxConnectionsPerAddress,
                settings.MaxMetadataSize));
        Assert.Equal(
            (EncryptionPolicy.Require, EncryptionPolicy.Require),
            (settings.OutgoingEncryption, settings.IncomingEncryption));
        Assert.Equal(["a:1"], settings.DhtBootstrap);
        Assert.Equal([IPNetwork.Parse("203.0.113.7/32"), IPNetwork.Parse("198.51.100.0/24")], settings.BlockList);
        Assert.Equal((list, 1), (settings.IPFilter.Path, settings.IPFilter.RangeCount));
        Assert.Equal([new PortRange(25, 25), new PortRange(1000, 1023)], settings.PortFilter);
        folder.Delete(recursive: true);
        Assert.Equal(without.Order(), SameAsDefault(settings, new SessionSettings()).Order());
        Assert.False(options.Read(Parse(options.AddTo, "--no-dht")).EnableDht);
        Assert.Equal("eth0", options.Read(Parse(options.AddTo, "--interface eth0")).Interface);
    }

    [Fact]
    public void An_address_and_an_interface_exclude_each_other()
    {
        var root = new RootCommand();
        new SessionOptions().AddTo(root);

        Assert.NotEmpty(root.Parse("--bind ::1 --interface eth0").Errors);
    }

    [Fact]
    public void A_text_that_is_no_address_cannot_be_blocked()
    {
        var root = new RootCommand();
        new SessionOptions().AddTo(root);

        Assert.Contains("'example.org'", Assert.Single(root.Parse("--block example.org").Errors).Message);
    }

    [Fact]
    public async Task Every_setting_of_a_download_has_an_option()
    {
        // Files by index and the allocation can't be chosen; the others are for seeds.
        string[] without =
            ["FilePriorities", "Role", "Allocation", "ContentName", "SuperSeeding", "SkipCheck", "AllowPartial"];
        var options = new TorrentOptions(TorrentRole.Download);
        TorrentSettings settings = await options.ReadAsync(
            Parse(
                options.AddTo,
                "--destination d --peer 127.0.0.1:1 --strategy random --include a --exclude b --pieces 3 "
                + "--max-peers 4 --download-limit 5K "
                + "--upload-limit 6 --choker naive --slots 0 --seed-ratio 1.5 --force --timeout 2h "
                + "--stall-timeout 90"),
            CancellationToken.None);

        Assert.Equal(
            (5L << 10, 6, 0, 1.5, StopWhen.Ratio), (settings.DownloadLimit, settings.UploadLimit, settings.UploadSlots,
                settings.SeedRatio, settings.StopWhen));
        Assert.Equal(
            (TimeSpan.FromHours(2), TimeSpan.FromSeconds(90)), (settings.Timeout, settings.StallTimeout));
        Assert.Equal(without.Order(), SameAsDefault(settings, new TorrentSettings { Destination = "" }).Order());
    }

    [Fact]
    public async Task A_seed_has_options_of_its_own()
    {
        var options = new TorrentOptions(TorrentRole.Seed);
        TorrentSettings settings = await options.ReadAsync(
            Parse(options.AddTo, "--data d --super-seeding --skip-check"), CancellationToken.None);

        Assert.Equal(
            new TorrentSettings
            {
                Destination = "d",
                Role = TorrentRole.Seed,
                StopWhen = StopWhen.Never,
                SuperSeeding = true,
                SkipCheck = true,
                FilePriorities = settings.FilePriorities,
            },
            settings);
    }

    private static ParseResult Parse(Action<Command> addOptions, string line)
    {
        var command = new RootCommand();
        addOptions(command);
        ParseResult parsed = command.Parse(line);
        Assert.Empty(parsed.Errors);
        return parsed;
    }

    private static IEnumerable<string> SameAsDefault<T>(T settings, T defaults) => typeof(T).GetProperties()
        .Where(property => property.SetMethod is { IsStatic: false })
        .Where(property => Equals(property.GetValue(settings), property.GetValue(defaults))
            || IsEmpty(property.GetValue(settings)))
        .Select(property => property.Name);

    private static bool IsEmpty(object? value) =>
        value is System.Collections.IEnumerable list and not string && !list.Cast<object>().Any();
}
