namespace TorrentPS.Engine.Session;

/// <summary>What is to change of an open session (<see cref="TorrentSession.Apply"/>); what is null stays as it is.</summary>
public sealed record SessionChange
{
    /// <summary>Download limit of all torrents together in bytes/s; 0 is unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit of all torrents together in bytes/s; 0 is unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>The most peer connections of all torrents together. Those that stand beyond it stay until they end.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The settings after the change.</summary>
    /// <exception cref="SessionException">They can't be met.</exception>
    public SessionSettings ApplyTo(SessionSettings before)
    {
        ArgumentNullException.ThrowIfNull(before);
        SessionSettings after = before with
        {
            DownloadLimit = LimitOr(DownloadLimit, before.DownloadLimit),
            UploadLimit = LimitOr(UploadLimit, before.UploadLimit),
            MaxConnections = MaxConnections ?? before.MaxConnections,
        };
        after.Check();
        return after;
    }

    private static long? LimitOr(long? change, long? before) => change switch { null => before, 0 => null, _ => change };
}
