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
