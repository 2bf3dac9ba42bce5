using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Creates the fault of a torrent whose downloaded metadata can't be used.</summary>
internal static class MetadataFault
{
    /// <param name="error">
    /// The exception from parsing the metadata, completing the settings or opening the content.
    /// </param>
    /// <param name="name">The name of the link.</param>
    public static TorrentFault Of(Exception error, string name) => error switch
    {
        MetainfoException => new TorrentFault(
            TorrentFaultId.InvalidMetadata,
            name,
            $"The metadata of '{name}' has the link's info hash, but is not a valid torrent: {error.Message}"),
        SessionException { Id: SessionErrorId.UnsupportedTorrent } => new TorrentFault(
            TorrentFaultId.UnsupportedTorrent, name, error.Message),
        SessionException { Id: SessionErrorId.DuplicateTorrent } => new TorrentFault(
            TorrentFaultId.DuplicateTorrent, name, error.Message),
        SessionException or FormatException => new TorrentFault(TorrentFaultId.BadSettings, name, error.Message),
        _ => new TorrentFault(
            TorrentFaultId.InternalError,
            name,
            $"Internal error in '{name}'; the torrent was stopped: {error.Message} "
            + "Please report this. Add the link again to resume."),
    };
}
