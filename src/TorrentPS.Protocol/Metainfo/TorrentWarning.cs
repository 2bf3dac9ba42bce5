namespace TorrentPS.Protocol.Metainfo;

/// <summary>Something odd in a torrent that was made safe or ignored.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Location">Where, as a path of keys and indices such as <c>info.files[3].path</c>.</param>
/// <param name="Message">The same for a person.</param>
public sealed record TorrentWarning(TorrentWarningCode Code, string Location, string Message);
