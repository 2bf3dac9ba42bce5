using System.CommandLine;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Options;

/// <summary>By which rule and to how many we upload: options that downloads and seeds share.</summary>
internal sealed class ChokingOptions
{
    private static readonly Dictionary<string, ChokerKind> s_chokers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["tit-for-tat"] = ChokerKind.TitForTat,
        ["strategic"] = ChokerKind.Strategic,
        ["naive"] = ChokerKind.Naive,
    };

    private readonly Option<string> _choker = new("--choker") { Description = "By which rule peers are served.", DefaultValueFactory = _ => "tit-for-tat" };
    private readonly Option<int?> _slots = CommonOptions.Ranged("--slots", "How many peers are served at once; 0 serves nobody. Default: as many as fill the uplink.", "N", 0, 10_000);

    public ChokingOptions() => _choker.AcceptOnlyFromAmong([.. s_chokers.Keys]);

    public void AddTo(Command command)
    {
        command.Add(_choker);
        command.Add(_slots);
    }

    /// <summary>The settings with what was chosen.</summary>
    public TorrentSettings ApplyTo(TorrentSettings settings, ParseResult parsed) => settings with
    {
        Choker = s_chokers[parsed.GetRequiredValue(_choker)],
        UploadSlots = parsed.GetValue(_slots),
    };
}
