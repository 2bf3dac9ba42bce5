using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Gathers warnings up to a limit; the place after the last says that there were more.</summary>
internal sealed class WarningList(int limit)
{
    private readonly List<TorrentWarning> _warnings = [];

    public IReadOnlyList<TorrentWarning> Warnings => _warnings;

    public void Add(TorrentWarningCode code, string location, string message)
    {
        if (_warnings.Count < limit)
            _warnings.Add(new TorrentWarning(code, location, message));
        else if (_warnings.Count == limit)
            _warnings.Add(new TorrentWarning(TorrentWarningCode.MoreWarnings, string.Empty, $"There were more than {limit} warnings."));
    }

    public void Ignored(string location, string message) => Add(TorrentWarningCode.FieldIgnored, location, $"{message}; ignored.");
}

/// <summary>Says what was changed in a name.</summary>
internal static class NameWarnings
{
    private static readonly (NameFlaws Flaw, TorrentWarningCode Code, string Message)[] All =
    [
        (NameFlaws.InvalidUtf8, TorrentWarningCode.NameNotUtf8, "A name is not UTF-8; '_' stands for what was wrong."),
        (NameFlaws.ForbiddenCharacter, TorrentWarningCode.NameForbiddenCharacter, "A name holds characters that are unsafe somewhere; '_' stands for each."),
        (NameFlaws.Relative, TorrentWarningCode.NameRelative, "A name is empty, '.' or '..', and could lead elsewhere; it was replaced or left out."),
        (NameFlaws.Reserved, TorrentWarningCode.NameReserved, "A name is reserved on Windows; it got a '_' in front."),
        (NameFlaws.TrailingDotOrSpace, TorrentWarningCode.NameTrailingDotOrSpace, "A name ends in dots or spaces; they were cut off."),
        (NameFlaws.TooLong, TorrentWarningCode.NameTooLong, "A name is longer than 255 bytes; it was shortened."),
        (NameFlaws.Collision, TorrentWarningCode.NameCollision, "A name is taken in its folder, by case or Unicode form; it got a number."),
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
