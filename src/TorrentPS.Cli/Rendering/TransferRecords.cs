using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>What a torrent is doing, under the names of the module's TorrentStatus. Sizes are bytes, rates bytes/s.</summary>
internal sealed record StatusRecord
{
    public required string Name { get; init; }

    public TorrentState State { get; init; }

    public double Progress { get; init; }

    public long Size { get; init; }

    public long WantedSize { get; init; }

    public long Completed { get; init; }

    public long DownloadRate { get; init; }

    public long UploadRate { get; init; }

    public TimeSpan? Eta { get; init; }

    public int Peers { get; init; }

    public int Seeds { get; init; }

    public int KnownPeers { get; init; }

    public long Downloaded { get; init; }

    public long Uploaded { get; init; }

    public double Ratio { get; init; }

    public long Wasted { get; init; }

    public long HashFailed { get; init; }

    public int PiecesHave { get; init; }

    public int PieceCount { get; init; }

    public string? InfoHash { get; init; }

    public string? InfoHashV2 { get; init; }

    public required string Destination { get; init; }

    public TimeSpan Elapsed { get; init; }

    public TorrentFaultId? FaultId { get; init; }

    public string? Fault { get; init; }

    public string[] Warnings { get; init; } = [];

    public static StatusRecord Of(TorrentStatus status) => new()
    {
        Name = status.Name,
        State = status.State,
        Progress = status.Progress,
        Size = status.Size,
        WantedSize = status.WantedSize,
        Completed = status.Completed,
        DownloadRate = status.DownloadRate,
        UploadRate = status.UploadRate,
        Eta = status.Eta,
        Peers = status.Peers,
        Seeds = status.Seeds,
        KnownPeers = status.KnownPeers,
        Downloaded = status.Downloaded,
        Uploaded = status.Uploaded,
        Ratio = status.Ratio,
        Wasted = status.Wasted,
        HashFailed = status.HashFailed,
        PiecesHave = status.PiecesHave,
        PieceCount = status.PieceCount,
        InfoHash = status.InfoHash?.ToString(),
        InfoHashV2 = status.InfoHashV2?.ToString(),
        Destination = status.Destination,
        Elapsed = status.Elapsed,
        FaultId = status.Fault?.Id,
        Fault = status.Fault?.Message,
    };
}

/// <summary>How a torrent came out, under the names of the module's TorrentResult. Sizes are bytes, rates bytes/s.</summary>
internal sealed record ResultRecord
{
    public required string Name { get; init; }

    public TorrentState State { get; init; }

    public bool GoalReached { get; init; }

    public double Progress { get; init; }

    public long Size { get; init; }

    public long WantedSize { get; init; }

    public long Completed { get; init; }

    public long Downloaded { get; init; }

    public long Uploaded { get; init; }

    public double Ratio { get; init; }

    public long Wasted { get; init; }

    public long HashFailed { get; init; }

    public TimeSpan Elapsed { get; init; }

    public long AverageRate { get; init; }

    public string? InfoHash { get; init; }

    public string? InfoHashV2 { get; init; }

    public required string Destination { get; init; }

    public required string Path { get; init; }

    public TorrentFaultId? FaultId { get; init; }

    public string? Fault { get; init; }

    public string[] Warnings { get; init; } = [];

    public static ResultRecord Of(TorrentResult result)
    {
        TorrentStatus status = result.Status;
        return new ResultRecord
        {
            Name = status.Name,
            State = status.State,
            GoalReached = result.GoalReached,
            Progress = status.Progress,
            Size = status.Size,
            WantedSize = status.WantedSize,
            Completed = status.Completed,
            Downloaded = status.Downloaded,
            Uploaded = status.Uploaded,
            Ratio = status.Ratio,
            Wasted = status.Wasted,
            HashFailed = status.HashFailed,
            Elapsed = status.Elapsed,
            AverageRate = status.Elapsed > TimeSpan.Zero ? (long)(status.Downloaded / status.Elapsed.TotalSeconds) : 0,
            InfoHash = status.InfoHash?.ToString(),
            InfoHashV2 = status.InfoHashV2?.ToString(),
            Destination = status.Destination,
            Path = System.IO.Path.Combine(status.Destination, status.Name),
            FaultId = status.Fault?.Id,
            Fault = status.Fault?.Message,
        };
    }
}
