namespace TorrentPS;

/// <summary>An error of a cmdlet. The error record that contains it has the stable id.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>Creates the exception with a message that names what failed and why.</summary>
    public TorrentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
