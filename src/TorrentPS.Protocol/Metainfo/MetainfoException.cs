namespace TorrentPS.Protocol.Metainfo;

/// <summary>The exception that is thrown when metainfo is invalid or exceeds a limit.</summary>
public sealed class MetainfoException : FormatException
{
    /// <summary>Creates an exception for an error at a location in the metainfo.</summary>
    /// <param name="code">The error code.</param>
    /// <param name="location">
    /// Location of the error as a path of keys and indices, such as <c>info.files[3].path</c>. If it is empty, the
    /// error concerns the whole data.
    /// </param>
    /// <param name="offset">Offset of the error, in bytes from the start of the data.</param>
    /// <param name="message">
    /// Description of the error. The location is added before it, and the offset after it.
    /// </param>
    /// <param name="inner">The exception of the bencode reader if the bencoding is invalid, otherwise null.</param>
    public MetainfoException(MetainfoError code, string location, long offset, string message, Exception? inner = null)
        : base($"{(location.Length == 0 ? "" : $"{location}: ")}{message} (at byte {offset})", inner)
    {
        Code = code;
        Location = location;
        Offset = offset;
    }

    /// <summary>Error code, which identifies the kind of error.</summary>
    public MetainfoError Code { get; }

    /// <summary>
    /// Location of the error as a path of keys and indices, such as <c>info.files[3].path</c>. If it is empty, the
    /// error concerns the whole data.
    /// </summary>
    public string Location { get; }

    /// <summary>Offset of the error, in bytes from the start of the data.</summary>
    public long Offset { get; }
}
