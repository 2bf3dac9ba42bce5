namespace TorrentPS.Protocol.Metainfo;

/// <summary>A torrent that is structurally wrong, or goes beyond a limit.</summary>
public sealed class MetainfoException : FormatException
{
    /// <summary>A refusal.</summary>
    /// <param name="code">What is wrong.</param>
    /// <param name="location">Where, as a path of keys and indices such as <c>info.files[3].path</c>; empty for the whole.</param>
    /// <param name="offset">Where, in bytes from the start of the data.</param>
    /// <param name="message">The same for a person.</param>
    /// <param name="inner">What the bencode reader said, if it was the one to refuse.</param>
    public MetainfoException(MetainfoError code, string location, long offset, string message, Exception? inner = null)
        : base(location.Length == 0 ? $"{message} (at byte {offset})" : $"{location}: {message} (at byte {offset})", inner)
    {
        Code = code;
        Location = location;
        Offset = offset;
    }

    /// <summary>What is wrong.</summary>
    public MetainfoError Code { get; }

    /// <summary>Where, as a path of keys and indices such as <c>info.files[3].path</c>; empty for the whole.</summary>
    public string Location { get; }

    /// <summary>Where, in bytes from the start of the data.</summary>
    public long Offset { get; }
}
