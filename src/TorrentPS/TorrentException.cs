using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>An error of a cmdlet. Its error record also has a stable id and a recommended action.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>
    /// Creates the exception with a message that says what failed and why. The message is converted to displayable
    /// text, because it may contain file names and texts from servers.
    /// </summary>
    public TorrentException(string message, Exception? inner = null)
        : base(DisplayText.Line(message), inner)
    {
    }
}
