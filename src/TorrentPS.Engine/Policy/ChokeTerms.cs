namespace TorrentPS.Engine.Policy;

/// <summary>On what terms slots are given.</summary>
/// <param name="Slots">How many peers may be unchoked (<see cref="UploadSlots"/> and <see cref="Idle"/>, or the user's number).</param>
/// <param name="IsRound">Whether slots are given anew; between rounds only those that are free are given.</param>
/// <param name="Now">The time.</param>
internal readonly record struct ChokeTerms(int Slots, bool IsRound, TimeSpan Now)
{
    /// <summary>How many of the slots stand for peers that are unchoked and ask for nothing.</summary>
    public int Idle { get; init; }

    /// <summary>Whether the user named the number of slots.</summary>
    public bool AreSlotsFixed { get; init; }

    /// <summary>What was uploaded since the round before, in bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Whether blocks waited to be uploaded for most of the time since the round before.</summary>
    public bool IsUplinkBusy { get; init; }

    /// <summary>What was downloaded since the round before, in bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>The limit of what may be uploaded, in bytes/s; null for none.</summary>
    public long? UploadLimit { get; init; }
}
