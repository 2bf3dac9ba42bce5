namespace TorrentPS;

/// <summary>
/// The exception in the error records of the cmdlets. The error record has a stable id; the exception has the message.
/// </summary>
public sealed class TorrentException : Exception
{
    /// <summary>Creates the exception with a message that names what failed and why.</summary>
    public TorrentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
