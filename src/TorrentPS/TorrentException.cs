namespace TorrentPS;

/// <summary>An error of a cmdlet. The error record that contains it has a stable id.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>Makes an error with a message for the user.</summary>
    public TorrentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
