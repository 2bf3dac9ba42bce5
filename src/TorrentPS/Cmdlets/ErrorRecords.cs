using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Creates the cmdlets' error records. Each has a stable id, a category, a target object and a recommended action. Error
/// records end up in transcripts, so secrets in URLs and magnet links are hidden, and texts are made displayable.
/// </summary>
internal static class ErrorRecords
{
    private const string SelectFiles =
        "Change -Include, -Exclude, -FilePriority or -PieceCount so that they select a file. "
        + "(Get-TorrentInfo file.torrent).Files shows the files.";

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
        "Copy the whole link. It begins with 'magnet:?' and has 'xt=urn:btih:' or 'xt=urn:btmh:'.");

    public static ErrorRecord InvalidInfoHash(string text) => InvalidArgument(
        "InvalidInfoHash",
        text,
        new FormatException($"'{text}' is not an info hash of 40 (v1) or 64 (v2) hexadecimal digits."),
        "Get-TorrentInfo shows the info hash of a torrent file.");

    public static ErrorRecord InvalidUrl(string text) => InvalidArgument(
        "InvalidUrl",
        text,
        new FormatException($"'{text}' is not an http or https URL."),
        "Give the URL of a .torrent file, such as https://host.example/ubuntu.torrent.");

    public static ErrorRecord DownloadFailed(string url, HttpDownloadException error) => Record(
        new TorrentException($"The torrent file '{url}' cannot be downloaded: {error.Message}", error),
        "DownloadFailed",
        ErrorCategory.ConnectionError,
        url,
        "Check the URL, or download the file with another program and give its path.");

    public static ErrorRecord NoSource() => InvalidArgument(
        "NoTorrentGiven",
        null,
        new ArgumentException("The input names no torrent."),
        "Give a value for -Path, -LiteralPath, -Url, -Magnet or -InfoHash, or pipe objects that have such a property.");

    public static ErrorRecord NoTorrentNamed() => InvalidArgument(
        "NoTorrentGiven",
        null,
        new ArgumentException("The input names no running torrent."),
        "Give a value for -Name or -InfoHash, or pipe the output of Get-Torrent. -Name * selects all torrents.");

    public static ErrorRecord Unreadable(string path, Exception error) => Record(
        error,
        error is UnauthorizedAccessException ? "AccessDenied" : "CannotRead",
        error is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.ReadError,
        path,
        "Check the path and your read permission.");

    public static ErrorRecord Unwritable(string path, Exception error) => Record(
        error,
        error is UnauthorizedAccessException ? "AccessDenied" : "CannotWrite",
        error is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.WriteError,
        path,
        "Check that the folder exists and that you have write permission.");

    public static ErrorRecord FileExists(string path) => Record(
        new TorrentException($"'{path}' already exists."),
        "FileExists",
        ErrorCategory.ResourceExists,
        path,
        "Choose another file name, or overwrite the file with -Force.");

    public static ErrorRecord NotFound(string path, Exception? error = null) => Record(
        error ?? new TorrentException($"'{path}' does not exist."),
        "PathNotFound",
        ErrorCategory.ObjectNotFound,
        path,
        "Check the path. -Path expands wildcards such as [ ]; -LiteralPath does not.");

    public static ErrorRecord NotAFileSystemPath(string path, Exception? error = null) => InvalidArgument(
        "NotAFileSystemPath",
        path,
        error ?? new ArgumentException($"'{path}' is not a path of the file system."),
        "Give the path of a file or folder.");

    public static ErrorRecord IsFolder(string path) => Record(
        new TorrentException($"'{path}' is a folder, not a torrent file."),
        "IsFolder",
        ErrorCategory.InvalidArgument,
        path,
        $"Give a .torrent file. '{System.IO.Path.Join(path, "*.torrent")}' stands for all torrent files in the folder; "
        + "New-Torrent creates a torrent of a folder.");

    public static ErrorRecord TooLarge(string path, long size, int limit) => Record(
        new TorrentException(
            $"'{path}' is not a torrent file: its size is {ByteSize.Format(size)}, the maximum "
            + $"{ByteSize.Format(limit)}."),
        "InvalidTorrent",
        ErrorCategory.InvalidData,
        path,
        "Give the .torrent file, not the content.");

    public static ErrorRecord NoMetadata(string target) => Record(
        new TorrentException($"The data cannot be verified: the magnet link '{Shown(target)}' has no piece hashes."),
        "MetadataUnavailable",
        ErrorCategory.InvalidArgument,
        target,
        "Pipe the output of Get-TorrentInfo -Magnet, which downloads the metadata from peers.");

    public static ErrorRecord NoPieceLayers(string target) => Record(
        new TorrentException(
            $"The v2-only torrent '{target}' lacks piece layers (BEP 52). They are not part of metadata from peers."),
        "PieceLayersMissing",
        ErrorCategory.NotImplemented,
        target,
        "Use a .torrent file that has the piece layers.");

    public static ErrorRecord MetadataTimeout(MagnetLink link, TimeSpan timeout) => Record(
        new TorrentException(
            $"The metadata of '{link.Title}' was not received from peers within {timeout.TotalSeconds:0} s."),
        "MetadataTimeout",
        ErrorCategory.OperationTimeout,
        link.ToString(),
        "Use a longer -TimeoutSeconds, or name a peer that has the metadata with -Peer.");

    public static ErrorRecord WaitTimeout(string name, TimeSpan timeout) => Record(
        new TorrentException($"'{name}' did not end within {timeout}. It keeps running."),
        "WaitTimeout",
        ErrorCategory.OperationTimeout,
        name,
        "Wait again, or stop the torrent with Stop-Torrent.");

    public static ErrorRecord InvalidArgument(string id, object? target, Exception error, string action) =>
        Record(error, id, ErrorCategory.InvalidArgument, target, action);

    public static ErrorRecord PeerNotBlocked(string address, string message, string action) => Record(
        new TorrentException(message), "PeerNotBlocked", ErrorCategory.ObjectNotFound, address, action);

    public static ErrorRecord InvalidFilePriority(string target, FormatException error) => InvalidArgument(
        "InvalidFilePriority",
        target,
        error,
        "Use a hashtable such as @{ '*.iso' = 'High'; 3 = 'Skip' }. "
        + "(Get-TorrentInfo file.torrent).Files shows the files.");

    public static ErrorRecord DataNotFound(string path, FileNotFoundException error) => Record(
        error,
        "DataNotFound",
        ErrorCategory.ObjectNotFound,
        path,
        "Set -DataPath to the folder that contains the content, or to the content itself.");

    /// <summary>
    /// Creates the error record of a fault that paused or ended a torrent. If <paramref name="resumable"/> is false,
    /// Resume-Job cannot continue the torrent and the user must start it again.
    /// </summary>
    public static ErrorRecord Fault(TorrentFault fault, object target, bool resumable)
    {
        string next = resumable ? "then run Resume-Job." : "then start the torrent again. Verified pieces are kept.";
        (ErrorCategory category, string action) = fault.Id switch
        {
            TorrentFaultId.DiskFull => (ErrorCategory.ResourceUnavailable, $"Free disk space, {next}"),
            TorrentFaultId.AccessDenied => (
                ErrorCategory.PermissionDenied, $"Grant write permission to the destination, {next}"),
            TorrentFaultId.BadPath => (
                ErrorCategory.InvalidArgument, $"Move or rename the file or folder that the message names, {next}"),
            TorrentFaultId.FileExists => (
                ErrorCategory.ResourceExists,
                $"Move the file away, {next} To overwrite it, start the torrent again with -Force."),
            TorrentFaultId.ContentMissing => (
                ErrorCategory.ObjectNotFound,
                "Restore the content, or give its path with -DataPath, and start the torrent again."),
            TorrentFaultId.DataMismatch =>
                (
                    ErrorCategory.InvalidData,
                    "Test-Torrent shows which files differ. -AllowPartial seeds the pieces that match."),
            TorrentFaultId.InvalidMetadata => (ErrorCategory.InvalidData, "Use another magnet link."),
            TorrentFaultId.UnsupportedTorrent => (
                ErrorCategory.NotImplemented, "Use a v1 or hybrid torrent of the same content."),
            TorrentFaultId.DuplicateTorrent => (
                ErrorCategory.ResourceExists,
                "Get-Torrent shows the running torrent. Stop it before you start it with other settings."),
            TorrentFaultId.BadSettings => (
                ErrorCategory.InvalidArgument, "(Get-TorrentInfo -Magnet $link).Files shows the files of the torrent."),
            TorrentFaultId.NoFileMatches => (ErrorCategory.ObjectNotFound, SelectFiles),
            TorrentFaultId.Timeout or TorrentFaultId.StallTimeout => (
                ErrorCategory.OperationTimeout,
                "Start the torrent again with a longer -Timeout or -StallTimeout. Verified pieces are kept."),
            TorrentFaultId.InterfaceUnavailable => (
                ErrorCategory.ResourceUnavailable,
                "Connect the network interface. The torrent continues when the interface is available again."),
            TorrentFaultId.InternalError => (
                ErrorCategory.NotSpecified, "Start the torrent again. Verified pieces are kept."),
            _ => (ErrorCategory.WriteError, $"Check the disk, {next}"),
        };
        return Record(new TorrentException(fault.Message), fault.Id.ToString(), category, target, action);
    }

    public static ErrorRecord Session(SessionException error, object target) => Record(
        error,
        error.Id.ToString(),
        error.Id switch
        {
            SessionErrorId.PortUnavailable or SessionErrorId.InterfaceUnavailable => ErrorCategory.ResourceUnavailable,
            SessionErrorId.BadIPFilter => ErrorCategory.InvalidData,
            SessionErrorId.DuplicateTorrent => ErrorCategory.ResourceExists,
            SessionErrorId.NoFileMatches => ErrorCategory.ObjectNotFound,
            SessionErrorId.UnsupportedTorrent => ErrorCategory.NotImplemented,
            SessionErrorId.TorrentEnded => ErrorCategory.InvalidOperation,
            SessionErrorId.DhtUnavailable => ErrorCategory.ResourceUnavailable,
            _ => ErrorCategory.InvalidArgument,
        },
        target,
        error.Id switch
        {
            SessionErrorId.PortUnavailable => "Choose another -Port, or omit it to use the first free port from 6881.",
            SessionErrorId.BadIPFilter => "Set-TorrentSession -IPFilter names another file; $null switches the filter off.",
            SessionErrorId.InterfaceUnavailable =>
                "Connect it, or name another -Interface; Tab completes the names of those that are available.",
            SessionErrorId.DuplicateTorrent =>
                "Get-Torrent shows the running torrent. Stop it before you start it with other settings.",
            SessionErrorId.UnsupportedTorrent => "Use a v1 or hybrid torrent of the same content.",
            SessionErrorId.NoFileMatches => SelectFiles,
            SessionErrorId.InvalidTracker => "Give the announce URL, such as udp://tracker.example:6969/announce.",
            SessionErrorId.DhtUnavailable =>
                "Set-TorrentSession -EnableDht $true enables the DHT; -DhtBootstrap sets its bootstrap nodes.",
            SessionErrorId.TorrentEnded =>
                "Get-Torrent lists the running torrents. Start the torrent again with the new settings.",
            _ => "Get-Help with -Full describes the values of each parameter.",
        });

    public static ErrorRecord Storage(StorageException error) => Record(
        error,
        error.Fault.Kind.ToString(),
        error.Fault.Kind switch
        {
            StorageFaultKind.AccessDenied => ErrorCategory.PermissionDenied,
            StorageFaultKind.FileExists => ErrorCategory.ResourceExists,
            _ => ErrorCategory.ReadError,
        },
        error.Fault.Path,
        "Check the path and your permissions.");

    public static ErrorRecord TrackerFailed(Uri tracker, string error) => Record(
        new TorrentException($"Tracker '{DisplayUrl.OfTracker(tracker)}' failed: {error}"),
        "TrackerFailed",
        ErrorCategory.ConnectionError,
        tracker,
        "Try again later, or use Find-TorrentPeer, which searches the DHT.");

    public static ErrorRecord TrackerNotFound(string torrent) => Record(
        new TorrentException($"'{torrent}' does not have the tracker to be removed."),
        "TrackerNotFound",
        ErrorCategory.ObjectNotFound,
        torrent,
        "(Get-TorrentTracker -Name ... -NoScrape).Url shows the trackers.");

    public static ErrorRecord NotAnnounced(string torrent, bool hasNoTrackers) => Record(
        new TorrentException(hasNoTrackers
            ? $"'{torrent}' has no trackers."
            : $"'{torrent}' is not announced: it is paused, or its existing data is being checked."),
        hasNoTrackers ? "NoTrackers" : "NotAnnounced",
        ErrorCategory.InvalidOperation,
        torrent,
        hasNoTrackers ? "Add-TorrentTracker adds a tracker." : "Resume-Job resumes a paused torrent.");

    public static ErrorRecord DhtUnreachable(string target) => Record(
        new TorrentException($"The DHT search for '{target}' failed: no DHT node answered."),
        "DhtUnreachable",
        ErrorCategory.ConnectionError,
        target,
        "Check that the network allows UDP. Set-TorrentSession -DhtBootstrap sets the bootstrap nodes.");

    public static ErrorRecord DhtItemNotFound(string target) => Record(
        new TorrentException($"The item {target} was not found in the DHT."),
        "DhtItemNotFound",
        ErrorCategory.ObjectNotFound,
        target,
        "DHT nodes drop an item after some hours unless Set-TorrentDhtItem stores it again.");

    public static ErrorRecord DhtTimeout(string target, int seconds) => Record(
        new TorrentException($"The item {target} was not stored within {seconds} s."),
        "DhtTimeout",
        ErrorCategory.OperationTimeout,
        target,
        "Use a longer -TimeoutSeconds.");

    public static ErrorRecord NotRunning(string property, string value) => Record(
        new TorrentException($"No torrent with the {property} '{value}' is running."),
        "TorrentNotFound",
        ErrorCategory.ObjectNotFound,
        value,
        "Get-Torrent lists the running torrents.");

    private static ErrorRecord Record(
        Exception error, string id, ErrorCategory category, object? target, string action)
    {
        object? shown = Shown(target);
        var record = new ErrorRecord(DisplayableException.Of(error), id, category, shown)
        {
            ErrorDetails = new ErrorDetails(DisplayText.Line(error.Message)) { RecommendedAction = action },
        };
        if (shown is not null)
            record.CategoryInfo.TargetName = DisplayText.Line(shown.ToString() ?? "");
        return record;
    }

    private static object? Shown(object? target) => target switch
    {
        Uri url => DisplayUrl.OfTracker(url),
        string link when link.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase) => DisplayUrl.OfMagnet(link),
        string url when url.Contains("://", StringComparison.Ordinal) => DisplayUrl.OfTracker(url),
        _ => target,
    };
}
