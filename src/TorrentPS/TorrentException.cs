using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>An error of a cmdlet. Its error record also has a stable id and a recommended action.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>
    /// Creates the exception with a message that says what failed and why. The message is made displayable: it may quote
    /// file names and servers.
    /// </summary>
    public TorrentException(string message, Exception? inner = null)
        : base(DisplayText.Line(message), inner)
    {
    }
}
