using System.Collections;
using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Maps the parameters of Set-Torrent, Start-TorrentDownload and Start-TorrentSeed to <see cref="TorrentSettings"/>.
/// These values become null: a rate limit of 0 (unlimited), a piece count of 0 (all pieces) and -1 upload slots
/// (automatic).
/// </summary>
internal static class TorrentParameters
{
    public const int AutomaticSlots = -1;

    private static readonly (string Name, Func<object, TorrentSettings, TorrentSettings> Apply)[] s_settings =
    [
        ("DownloadLimit", (value, settings) => settings with { DownloadLimit = OrUnlimited((long)value) }),
        ("UploadLimit", (value, settings) => settings with { UploadLimit = OrUnlimited((long)value) }),
        ("Choker", (value, settings) => settings with { Choker = (ChokerKind)value }),
        (
            "UploadSlots",
            (value, settings) => settings with { UploadSlots = (int)value == AutomaticSlots ? null : (int)value }),
        ("SuperSeeding", (value, settings) => settings with { SuperSeeding = (SwitchParameter)value }),
        ("PieceStrategy", (value, settings) => settings with { Strategy = (PieceStrategy)value }),
        ("MaxPeers", (value, settings) => settings with { MaxPeers = (int)value }),
        ("Include", (value, settings) => settings with { Include = (string[])value }),
        ("Exclude", (value, settings) => settings with { Exclude = (string[])value }),
        ("PieceCount", (value, settings) => settings with { PieceCount = (int)value == 0 ? null : (int)value }),
        ("StopWhen", (value, settings) => settings with { StopWhen = (StopWhen)value }),
        ("SeedRatio", (value, settings) => settings with { SeedRatio = (double)value, StopWhen = StopWhen.Ratio }),
        ("Timeout", (value, settings) => settings with { Timeout = (TimeSpan)value }),
        ("StallTimeout", (value, settings) => settings with { StallTimeout = (TimeSpan)value }),
        ("AllowPartial", (value, settings) => settings with { AllowPartial = (SwitchParameter)value }),
        ("Force", (value, settings) => settings with { OverwriteFiles = (SwitchParameter)value }),
        ("SkipCheck", (value, settings) => settings with { SkipCheck = (SwitchParameter)value }),
    ];

    /// <summary>Names of the parameters for settings, except -FilePriority.</summary>
    public static IEnumerable<string> Names => s_settings.Select(setting => setting.Name);

    /// <summary>
    /// Returns the settings with the values of the given parameters. A setting whose parameter is null or not given is
    /// unchanged.
    /// </summary>
    /// <param name="given">The cmdlet's bound parameters. Parameters that are not settings are ignored.</param>
    /// <param name="settings">The settings before the change.</param>
    public static TorrentSettings Apply(IReadOnlyDictionary<string, object> given, TorrentSettings settings)
    {
        foreach ((string name, Func<object, TorrentSettings, TorrentSettings> apply) in s_settings)
        {
            if (given.TryGetValue(name, out object? value) && value is not null)
                settings = apply(value, settings);
        }

        return settings;
    }

    /// <summary>
    /// Returns the settings with the file priorities in <paramref name="given"/>, the value of -FilePriority. A file
    /// that no key matches keeps its priority.
    /// </summary>
    /// <exception cref="FormatException">A wildcard, index or priority is not valid.</exception>
    public static TorrentSettings ApplyFilePriority(
        IDictionary? given, TorrentMetainfo metainfo, TorrentSettings settings)
    {
        if (given is null)
            return settings;
        var priorities = new Dictionary<int, DownloadPriority>(settings.FilePriorities);
        foreach ((int file, DownloadPriority priority) in FilePriorities.Of(metainfo, given))
            priorities[file] = priority;
        return settings with { FilePriorities = priorities };
    }

    private static long? OrUnlimited(long limit) => limit == 0 ? null : limit;
}
