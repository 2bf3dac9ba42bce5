using System.Management.Automation;
using System.Net;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Set-TorrentSession: changes how the sessions of this process work, and keeps that when asked to.</summary>
[Cmdlet(VerbsCommon.Set, "TorrentSession", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentSessionInfo))]
public sealed class SetTorrentSessionCommand : TorrentCmdlet
{
    private static readonly string[] s_settings =
    [
        nameof(Port), nameof(BindAddress), nameof(EnableDht), nameof(EnablePex), nameof(EnableLsd), nameof(EnableWebSeeds), nameof(DhtBootstrap),
        nameof(DownloadLimit), nameof(UploadLimit), nameof(MaxConnections), nameof(PeerCache), nameof(MaxMetadataSize),
    ];

    /// <summary>The port to listen on; 0 for the first free one from 6881.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? Port { get; set; }

    /// <summary>The only local address to listen on and connect from; null for all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress? BindAddress { get; set; }

    /// <summary>Whether to take part in the DHT.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableDht { get; set; }

    /// <summary>Whether to exchange peers with peers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnablePex { get; set; }

    /// <summary>Whether to seek peers in the local network.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableLsd { get; set; }

    /// <summary>Whether to fetch from the web servers that torrents and links name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableWebSeeds { get; set; }

    /// <summary>DHT nodes to begin with, as host:port.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(DhtBootstrapCompleter))]
    public string[] DhtBootstrap { get; set; } = [];

    /// <summary>The most bytes per second received by all torrents together; 0 is unlimited.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? DownloadLimit { get; set; }

    /// <summary>The most bytes per second sent by all torrents together; 0 is unlimited.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? UploadLimit { get; set; }

    /// <summary>The most peer connections of all torrents together.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxConnections { get; set; }

    /// <summary>Where peers that worked are remembered: file, none, or redis://host:port/db.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerCacheCompleter))]
    public string PeerCache { get; set; } = "";

    /// <summary>The largest metadata fetched for a magnet link, in bytes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long MaxMetadataSize { get; set; }

    /// <summary>Keep the settings for later processes.</summary>
    [Parameter]
    public SwitchParameter Save { get; set; }

    /// <summary>Give the settings and what the sessions do.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        SessionSettings before = this.ReadSettings();
        if (Changed(before) is not { } settings)
            return;
        string summary = string.Join(", ", s_settings.Where(IsGiven).Select(name => $"{name} {Text(MyInvocation.BoundParameters[name])}"));
        if (summary.Length == 0 && !Save)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "NothingToChange",
                null,
                new ArgumentException("Nothing was said to be changed."),
                "Name at least one setting, such as -DownloadLimit 2MB, or -Save."));
        }

        if (!ShouldProcess("the sessions of this process", summary.Length == 0 ? "Save" : Save ? $"Set and save {summary}" : $"Set {summary}"))
            return;
        int left = Await(SessionHost.Current.ChangeAsync(settings));
        if (left > 0)
        {
            WriteWarning(
                $"{(left == 1 ? "1 torrent goes" : $"{left} torrents go")} on listening as before; port and address hold for sessions that open later.");
        }

        foreach (string warning in SessionHost.Current.TakeWarnings())
            WriteWarning(warning);
        if (Save)
            Keep();
        if (PassThru)
            WriteObject(new TorrentSessionInfo(settings, SessionHost.Current.Sessions));
    }

    /// <summary>The settings with what was given; null after an error.</summary>
    private SessionSettings? Changed(SessionSettings before)
    {
        try
        {
            SessionSettings after = before with
            {
                Port = Given(nameof(Port), Port is 0 ? null : Port, before.Port),
                BindAddress = Given(nameof(BindAddress), BindAddress, before.BindAddress),
                EnableDht = Given(nameof(EnableDht), EnableDht, before.EnableDht),
                EnablePex = Given(nameof(EnablePex), EnablePex, before.EnablePex),
                EnableLsd = Given(nameof(EnableLsd), EnableLsd, before.EnableLsd),
                EnableWebSeeds = Given(nameof(EnableWebSeeds), EnableWebSeeds, before.EnableWebSeeds),
                DhtBootstrap = Given(nameof(DhtBootstrap), Nodes(before), before.DhtBootstrap),
                DownloadLimit = Given(nameof(DownloadLimit), DownloadLimit is 0 ? null : DownloadLimit, before.DownloadLimit),
                UploadLimit = Given(nameof(UploadLimit), UploadLimit is 0 ? null : UploadLimit, before.UploadLimit),
                MaxConnections = Given(nameof(MaxConnections), MaxConnections, before.MaxConnections),
                MaxMetadataSize = Given(nameof(MaxMetadataSize), MaxMetadataSize, before.MaxMetadataSize),
            };

            // The cache as it is shown is the cache as it is: piping what Get-TorrentSession gives must not lose a password.
            if (IsGiven(nameof(PeerCache)) && PeerCache != before.PeerCache.ToString())
                after = after with { PeerCache = PeerCacheLocation.Parse(PeerCache) };
            after.Check();
            return after;
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidArgument("InvalidSetting", null, e, "Get-Help Set-TorrentSession -Full says what each setting takes."));
            return null;
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, "the sessions of this process"));
            return null;
        }
    }

    /// <summary>The nodes named, the same list where they are the same; <c>default</c> stands for the public ones.</summary>
    private IReadOnlyList<string> Nodes(SessionSettings before)
    {
        string[] nodes = [.. (DhtBootstrap ?? []).SelectMany(name =>
            name.Equals(DhtBootstrapCompleter.DefaultWord, StringComparison.OrdinalIgnoreCase)
                ? SessionSettings.DefaultDhtBootstrap
                : [PeerAddress.Parse(name).ToString()])];
        return nodes.SequenceEqual(before.DhtBootstrap) ? before.DhtBootstrap : nodes;
    }

    private bool IsGiven(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    private T Given<T>(string name, T value, T otherwise) => IsGiven(name) ? value : otherwise;

    private void Keep()
    {
        ProcessSettings settings = SessionHost.Current.Settings;
        try
        {
            settings.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.Unwritable(settings.Path, e));
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "none",
        string[] several => several.Length == 0 ? "none" : string.Join(" ", several),
        _ => value.ToString() ?? "",
    };
}
