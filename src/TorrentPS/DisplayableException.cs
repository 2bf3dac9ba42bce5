using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>
/// Makes exceptions safe to display. <c>Get-Error</c> shows all properties of an exception and of its inner exceptions.
/// Exceptions of the system contain paths, which may have control characters.
/// </summary>
internal static class DisplayableException
{
    /// <summary>
    /// Returns the exception unchanged if its text and the texts of its inner exceptions are displayable. Otherwise
    /// returns a <see cref="TorrentException"/> with the messages as displayable text, without the other properties.
    /// </summary>
    public static Exception Of(Exception error) =>
        DisplayText.IsDisplayable(error.ToString()) && IsFileNameDisplayable(error) ? error : Copy(error);

    private static TorrentException Copy(Exception error) =>
        new(error.Message, error.InnerException is { } inner ? Copy(inner) : null);

    private static bool IsFileNameDisplayable(Exception error) =>
        error is not FileNotFoundException { FileName: { } name } || DisplayText.IsDisplayable(name);
}
