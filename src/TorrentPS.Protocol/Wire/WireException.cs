namespace TorrentPS.Protocol.Wire;

/// <summary>A peer sent what the protocol does not allow; nothing that follows on the connection can be trusted.</summary>
public sealed class WireException : Exception
{
    /// <summary>Names the error and says what was seen.</summary>
    public WireException(WireError error, string message)
        : base(message) => Error = error;

    /// <summary>Names the error, says what was seen and keeps its cause.</summary>
    public WireException(WireError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>What is wrong.</summary>
    public WireError Error { get; }
}
