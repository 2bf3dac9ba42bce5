using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Converts exceptions from the processing of downloaded metadata to torrent faults.</summary>
internal static class MetadataFault
{
    /// <summary>Returns the fault of a torrent whose downloaded metadata could not be used.</summary>
    /// <param name="error">
    /// The exception that was thrown while the metadata was parsed, the torrent's settings were completed, or its
    /// content was opened.
    /// </param>
    /// <param name="name">Title of the magnet link.</param>
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
