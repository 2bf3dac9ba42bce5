using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Collects warnings up to a limit. The first warning over the limit is replaced by a warning that there are more, and
/// later ones are dropped.
/// </summary>
internal sealed class WarningList(int limit)
{
    private readonly List<TorrentWarning> _warnings = [];

    public IReadOnlyList<TorrentWarning> Warnings => _warnings;

    public void Add(TorrentWarningCode code, string location, string message)
    {
        if (_warnings.Count < limit)
            _warnings.Add(new TorrentWarning(code, location, message));
        else if (_warnings.Count == limit)
        {
            string more = $"There are more than {limit} warnings.";
            _warnings.Add(new TorrentWarning(TorrentWarningCode.MoreWarnings, string.Empty, more));
        }
    }

    public void Ignored(string location, string message) =>
        Add(TorrentWarningCode.FieldIgnored, location, $"{message}; ignored.");
}

/// <summary>Adds one warning for each reason for which a name was changed.</summary>
internal static class NameWarnings
{
    private static readonly (NameFlaws Flaw, TorrentWarningCode Code, string Message)[] All =
    [
        (
            NameFlaws.InvalidUtf8,
            TorrentWarningCode.NameNotUtf8,
            "A name is not valid UTF-8; each invalid sequence was replaced by '_'."),
        (
            NameFlaws.ForbiddenCharacter,
            TorrentWarningCode.NameForbiddenCharacter,
            "A name contains forbidden characters; each was replaced by '_'."),
        (
            NameFlaws.Relative,
            TorrentWarningCode.NameRelative,
            "A name is empty, '.' or '..'; it was replaced by '_' or left out of the path."),
        (
            NameFlaws.Reserved,
            TorrentWarningCode.NameReserved,
            "A name is reserved on Windows; it was prefixed with '_'."),
        (
            NameFlaws.TrailingDotOrSpace,
            TorrentWarningCode.NameTrailingDotOrSpace,
            "A name ends in dots or spaces; they were removed."),
        (NameFlaws.TooLong, TorrentWarningCode.NameTooLong, "A name is longer than 255 bytes; it was shortened."),
        (
            NameFlaws.Collision,
            TorrentWarningCode.NameCollision,
            "A name equals another in its folder, or differs only in case or Unicode form; a number was added."),
    ];

    public static void Report(NameFlaws flaws, string location, WarningList warnings)
    {
        foreach ((NameFlaws flaw, TorrentWarningCode code, string message) in All)
        {
            if ((flaws & flaw) != 0)
                warnings.Add(code, location, message);
        }
    }
}
