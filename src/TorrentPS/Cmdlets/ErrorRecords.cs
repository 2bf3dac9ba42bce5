using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>The errors a user can meet: each with a stable id, a category, its target and what to do about it.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord InvalidTorrent(string path, MetainfoException error) => Record(
        new TorrentException($"'{path}' is not a valid torrent: {error.Message}", error),
        "InvalidTorrent",
        ErrorCategory.InvalidData,
        path,
        "Get the torrent again from where it was published.");

    public static ErrorRecord InvalidMagnet(string link, FormatException error) => Record(
        new TorrentException(error.Message, error),
        "InvalidMagnet",
        ErrorCategory.InvalidData,
        link,
        "Copy the whole link; it begins with 'magnet:?xt=urn:btih:' or 'magnet:?xt=urn:btmh:'.");

    public static ErrorRecord Unreadable(string path, Exception error) => Record(
        error,
        error is UnauthorizedAccessException ? "AccessDenied" : "CannotRead",
        error is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.ReadError,
        path,
        "Check the path and your permission to read it.");

    public static ErrorRecord Unwritable(string path, Exception error) => Record(
        error,
        error is UnauthorizedAccessException ? "AccessDenied" : "CannotWrite",
        error is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.WriteError,
        path,
        "Check that the folder exists, and your permission to write to it.");

    public static ErrorRecord FileExists(string path) => Record(
        new TorrentException($"'{path}' exists already."),
        "FileExists",
        ErrorCategory.ResourceExists,
        path,
        "Name another file, or write over it with -Force.");

    public static ErrorRecord NotFound(string path, Exception? error = null) => Record(
        error ?? new TorrentException($"'{path}' does not exist."),
        "PathNotFound",
        ErrorCategory.ObjectNotFound,
        path,
        "Check the path; -Path takes wildcards, -LiteralPath takes the path as it is.");

    public static ErrorRecord TooLarge(string path, long size, int limit) => Record(
        new TorrentException(
            $"'{path}' is not a torrent: it has {ByteSize.Format(size)}, and torrents have at most {ByteSize.Format(limit)}."),
        "InvalidTorrent",
        ErrorCategory.InvalidData,
        path,
        "Name the .torrent file, not the content.");

    public static ErrorRecord NoMetadata(string target) => Record(
        new TorrentException("A magnet link alone does not tell what its content is to be compared with."),
        "MetadataUnavailable",
        ErrorCategory.InvalidArgument,
        target,
        "Get-TorrentInfo -Magnet fetches the metadata from peers; its output can be given here.");

    public static ErrorRecord NoPieceLayers(string target) => Record(
        new TorrentException($"'{target}' is a v2-only torrent whose metadata came from peers: its content can't be told right from wrong by that alone."),
        "PieceLayersMissing",
        ErrorCategory.NotImplemented,
        target,
        "Get the .torrent file and use that.");

    public static ErrorRecord MetadataTimeout(MagnetLink link, TimeSpan timeout) => Record(
        new TorrentException($"No peer gave the metadata of '{link.Title}' within {timeout.TotalSeconds:0} s."),
        "MetadataTimeout",
        ErrorCategory.OperationTimeout,
        link.ToString(),
        "Try again with a longer -TimeoutSeconds, or name a peer that has it with -Peer.");

    public static ErrorRecord InvalidArgument(string id, object? target, Exception error, string action) =>
        Record(error, id, ErrorCategory.InvalidArgument, target, action);

    public static ErrorRecord InvalidFilePriority(string target, FormatException error) => InvalidArgument(
        "InvalidFilePriority",
        target,
        error,
        "(Get-TorrentInfo file.torrent).Files shows the files; write @{ '*.iso' = 'High'; 3 = 'Skip' }.");

    public static ErrorRecord DataNotFound(string path, FileNotFoundException error) => Record(
        error,
        "DataNotFound",
        ErrorCategory.ObjectNotFound,
        path,
        "-DataPath takes the folder that holds the content, or the content itself.");

    /// <summary>Why a torrent waits or ended.</summary>
    /// <param name="fault">What the engine said.</param>
    /// <param name="target">The status, result or path it is about.</param>
    /// <param name="resumable">Whether there is a job that waits to be resumed.</param>
    public static ErrorRecord Fault(TorrentFault fault, object target, bool resumable)
    {
        string goOn = resumable ? "then Resume-Job." : "then start the torrent again: it goes on from what was verified.";
        (ErrorCategory category, string action) = fault.Id switch
        {
            TorrentFaultId.DiskFull => (ErrorCategory.ResourceUnavailable, $"Make room, {goOn}"),
            TorrentFaultId.AccessDenied => (ErrorCategory.PermissionDenied, $"Grant permission to the destination, {goOn}"),
            TorrentFaultId.BadPath => (ErrorCategory.InvalidArgument, $"Move away what is in the way, {goOn}"),
            TorrentFaultId.ContentMissing => (ErrorCategory.ObjectNotFound, "Start the torrent again: what is there is checked first."),
            TorrentFaultId.DataMismatch =>
                (ErrorCategory.InvalidData, "Test-Torrent shows what differs; -AllowPartial seeds what matches."),
            TorrentFaultId.InvalidMetadata => (ErrorCategory.InvalidData, "Get another link: this one leads to no torrent that can be used."),
            TorrentFaultId.UnsupportedTorrent => (ErrorCategory.NotImplemented, "Use a v1 or hybrid torrent of the same content."),
            TorrentFaultId.DuplicateTorrent => (ErrorCategory.ResourceExists, "Get-Torrent shows it; stop it first to start it in another way."),
            TorrentFaultId.BadSettings => (ErrorCategory.InvalidArgument, "(Get-TorrentInfo -Magnet …).Files shows the files that can be named."),
            TorrentFaultId.InternalError => (ErrorCategory.NotSpecified, "Start the torrent again: it goes on from what was verified."),
            _ => (ErrorCategory.WriteError, $"Mend the disk, {goOn}"),
        };
        return Record(new TorrentException(fault.Message), fault.Id.ToString(), category, target, action);
    }

    public static ErrorRecord Session(SessionException error, object target) => Record(
        error,
        error.Id.ToString(),
        error.Id switch
        {
            SessionErrorId.PortUnavailable => ErrorCategory.ResourceUnavailable,
            SessionErrorId.DuplicateTorrent => ErrorCategory.ResourceExists,
            SessionErrorId.UnsupportedTorrent => ErrorCategory.NotImplemented,
            SessionErrorId.TorrentEnded => ErrorCategory.InvalidOperation,
            SessionErrorId.DhtUnavailable => ErrorCategory.ResourceUnavailable,
            _ => ErrorCategory.InvalidArgument,
        },
        target,
        error.Id switch
        {
            SessionErrorId.PortUnavailable => "Choose another -Port, or none for the first that is free.",
            SessionErrorId.DuplicateTorrent => "Get-Torrent shows it; stop it first to start it in another way.",
            SessionErrorId.UnsupportedTorrent => "Use a v1 or hybrid torrent of the same content.",
            SessionErrorId.DhtUnavailable => "Set-TorrentSession -EnableDht $true switches the DHT on, and -DhtBootstrap names nodes to begin with.",
            SessionErrorId.TorrentEnded => "Get-Torrent shows those that run; start it again with what you want.",
            _ => "Get-Help shows what the parameters mean.",
        });

    public static ErrorRecord Storage(StorageException error) => Record(
        error,
        error.Fault.Kind.ToString(),
        error.Fault.Kind is StorageFaultKind.AccessDenied ? ErrorCategory.PermissionDenied : ErrorCategory.ReadError,
        error.Fault.Path,
        "Check the path and your permission to it.");

    public static ErrorRecord TrackerFailed(Uri tracker, string error) => Record(
        new TorrentException($"{tracker}: {error}"),
        "TrackerFailed",
        ErrorCategory.ConnectionError,
        tracker,
        "Other trackers may know the peers; try again later.");

    public static ErrorRecord DhtUnreachable(string target) => Record(
        new TorrentException("No DHT node answered: the network does not let UDP through, or no node to begin with is known."),
        "DhtUnreachable",
        ErrorCategory.ConnectionError,
        target,
        "Set-TorrentSession -DhtBootstrap names nodes to begin with; Get-TorrentDht shows those that are known.");

    public static ErrorRecord DhtItemNotFound(string target) => Record(
        new TorrentException($"Nobody in the DHT has the item {target} now."),
        "DhtItemNotFound",
        ErrorCategory.ObjectNotFound,
        target,
        "Items are forgotten after some hours unless somebody sets them again.");

    public static ErrorRecord DhtTimeout(string target, int seconds) => Record(
        new TorrentException($"The item {target} was not taken within {seconds} s."),
        "DhtTimeout",
        ErrorCategory.OperationTimeout,
        target,
        "Try again with a longer -TimeoutSeconds.");

    public static ErrorRecord NotRunning(string what, string value) => Record(
        new TorrentException($"No torrent with the {what} '{value}' is running."),
        "TorrentNotFound",
        ErrorCategory.ObjectNotFound,
        value,
        "Get-Torrent lists those that run.");

    private static ErrorRecord Record(Exception error, string id, ErrorCategory category, object? target, string action) =>
        new(error, id, category, target) { ErrorDetails = new ErrorDetails(error.Message) { RecommendedAction = action } };
}
