namespace TorrentPS;

/// <summary>Something the user asked for that can't be done; the error record around it has the stable id.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>What happened, where, and what to do.</summary>
    public TorrentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
