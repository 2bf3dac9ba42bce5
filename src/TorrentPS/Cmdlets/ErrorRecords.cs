using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>Makes error records, each with a stable id, a category, a target and a recommended action.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord InvalidTorrent(string path, MetainfoException error) => Record(
        new TorrentException($"'{path}' is not a valid torrent: {error.Message}", error),
        "InvalidTorrent",
        ErrorCategory.InvalidData,
        path,
        "Download the torrent file again.");

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
        new TorrentException($"'{path}' already exists."),
        "FileExists",
        ErrorCategory.ResourceExists,
        path,
        "Name another file, or overwrite it with -Force.");

    public static ErrorRecord NotFound(string path, Exception? error = null) => Record(
        error ?? new TorrentException($"'{path}' does not exist."),
        "PathNotFound",
        ErrorCategory.ObjectNotFound,
        path,
        "Check the path; -Path takes wildcards, -LiteralPath takes the path as it is.");

    public static ErrorRecord TooLarge(string path, long size, int limit) => Record(
        new TorrentException(
            $"'{path}' is not a torrent: it has {ByteSize.Format(size)}, "
            + $"and torrents have at most {ByteSize.Format(limit)}."),
        "InvalidTorrent",
        ErrorCategory.InvalidData,
        path,
        "Name the .torrent file, not the content.");

    public static ErrorRecord NoMetadata(string target) => Record(
        new TorrentException("A magnet link does not contain the hashes to check the data with."),
        "MetadataUnavailable",
        ErrorCategory.InvalidArgument,
        target,
        "Get-TorrentInfo -Magnet fetches the metadata from peers. Pipe its output to this cmdlet.");

    public static ErrorRecord NoPieceLayers(string target) => Record(
        new TorrentException(
            $"'{target}' is a v2-only torrent whose metadata came from peers: "
            + "it lacks the piece layers (BEP 52) to check the data with."),
        "PieceLayersMissing",
        ErrorCategory.NotImplemented,
        target,
        "Use the .torrent file.");

    public static ErrorRecord MetadataTimeout(MagnetLink link, TimeSpan timeout) => Record(
        new TorrentException($"No peer sent the metadata of '{link.Title}' within {timeout.TotalSeconds:0} s."),
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
        "Set -DataPath to the folder that holds the content, or to the content itself.");

    /// <summary>Makes the error for a fault that paused or ended a torrent.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="target">Target object of the error: a status, result or path.</param>
    /// <param name="resumable">Whether the torrent has a suspended job.</param>
    public static ErrorRecord Fault(TorrentFault fault, object target, bool resumable)
    {
        string goOn = resumable ? "then run Resume-Job." : "then start the torrent again: verified pieces are kept.";
        (ErrorCategory category, string action) = fault.Id switch
        {
            TorrentFaultId.DiskFull => (ErrorCategory.ResourceUnavailable, $"Free space, {goOn}"),
            TorrentFaultId.AccessDenied => (ErrorCategory.PermissionDenied, $"Allow access to the destination, {goOn}"),
            TorrentFaultId.BadPath => (ErrorCategory.InvalidArgument, $"Move the file or folder in the way, {goOn}"),
            TorrentFaultId.ContentMissing => (ErrorCategory.ObjectNotFound,
                "Start the torrent again: existing data is checked first."),
            TorrentFaultId.DataMismatch =>
                (ErrorCategory.InvalidData, "Test-Torrent shows what differs; -AllowPartial seeds what matches."),
            TorrentFaultId.InvalidMetadata => (ErrorCategory.InvalidData,
                "Use another link: the metadata of this one is not valid."),
            TorrentFaultId.UnsupportedTorrent => (ErrorCategory.NotImplemented,
                "Use a v1 or hybrid torrent of the same content."),
            TorrentFaultId.DuplicateTorrent => (ErrorCategory.ResourceExists,
                "Get-Torrent shows it. Stop it before starting it again."),
            TorrentFaultId.BadSettings => (ErrorCategory.InvalidArgument,
                "(Get-TorrentInfo -Magnet …).Files shows the files."),
            TorrentFaultId.InternalError => (ErrorCategory.NotSpecified,
                "Start the torrent again: verified pieces are kept."),
            _ => (ErrorCategory.WriteError, $"Fix the disk error, {goOn}"),
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
            SessionErrorId.PortUnavailable => "Choose another -Port, or none for the first free one.",
            SessionErrorId.DuplicateTorrent => "Get-Torrent shows it. Stop it before starting it again.",
            SessionErrorId.UnsupportedTorrent => "Use a v1 or hybrid torrent of the same content.",
            SessionErrorId.DhtUnavailable =>
                "Set-TorrentSession -EnableDht $true switches the DHT on, and -DhtBootstrap sets bootstrap nodes.",
            SessionErrorId.TorrentEnded => "Get-Torrent shows running torrents. Start it again with the new settings.",
            _ => "Get-Help shows the parameters and their values.",
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
        "Try again later, or use other trackers.");

    public static ErrorRecord DhtUnreachable(string target) => Record(
        new TorrentException("No DHT node answered: UDP is blocked, or no bootstrap node is reachable."),
        "DhtUnreachable",
        ErrorCategory.ConnectionError,
        target,
        "Set-TorrentSession -DhtBootstrap sets bootstrap nodes. Get-TorrentDht shows the known nodes.");

    public static ErrorRecord DhtItemNotFound(string target) => Record(
        new TorrentException($"No DHT node has the item {target}."),
        "DhtItemNotFound",
        ErrorCategory.ObjectNotFound,
        target,
        "Nodes drop items after about two hours unless they are stored again.");

    public static ErrorRecord DhtTimeout(string target, int seconds) => Record(
        new TorrentException($"No DHT node stored the item {target} within {seconds} s."),
        "DhtTimeout",
        ErrorCategory.OperationTimeout,
        target,
        "Try again with a longer -TimeoutSeconds.");

    public static ErrorRecord NotRunning(string what, string value) => Record(
        new TorrentException($"No torrent with the {what} '{value}' is running."),
        "TorrentNotFound",
        ErrorCategory.ObjectNotFound,
        value,
        "Get-Torrent lists the running torrents.");

    private static ErrorRecord Record(
        Exception error, string id, ErrorCategory category, object? target, string action) =>
        new(error, id, category, target)
        {
            ErrorDetails = new ErrorDetails(error.Message) { RecommendedAction = action },
        };
}
