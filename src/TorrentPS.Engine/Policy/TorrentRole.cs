namespace TorrentPS.Engine.Policy;

/// <summary>What a torrent was added for.</summary>
public enum TorrentRole
{
    /// <summary>Get what is missing, then go on as <see cref="StopWhen"/> says.</summary>
    Download,

    /// <summary>Serve what is there; nothing is requested or written.</summary>
    Seed,
}
