using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Converts exceptions to torrent faults. The exceptions are thrown while downloaded metadata is parsed and the
/// torrent's content is opened.
/// </summary>
internal static class MetadataFault
{
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
        SessionException { Id: SessionErrorId.NoFileMatches } => new TorrentFault(
            TorrentFaultId.NoFileMatches, name, error.Message),
        FileNotFoundException missing => new TorrentFault(
            TorrentFaultId.ContentMissing, missing.FileName ?? name, error.Message),
        SessionException or FormatException => new TorrentFault(TorrentFaultId.BadSettings, name, error.Message),
        _ => new TorrentFault(
            TorrentFaultId.InternalError,
            name,
            $"Internal error in '{name}'; the torrent was stopped: {error.Message} "
            + "Please report this. Add the link again to resume."),
    };
}
