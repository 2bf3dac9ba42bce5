using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Describes why a torrent can't go on with its downloaded metadata.</summary>
internal static class MetadataFault
{
    /// <param name="error">What parsing the metadata, completing the settings or opening the content threw.</param>
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
