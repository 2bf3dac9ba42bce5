using System.Text;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Hides the secrets in URLs that are shown to people: in errors, events, logs and tables. Private trackers identify
/// their users by a passkey in the query or in the path of the announce URL.
/// </summary>
public static class DisplayUrl
{
    /// <summary>Text that replaces each secret.</summary>
    public const string Mask = "***";

    /// <summary>
    /// Maximum length in characters of a shown path segment with a digit, such as the version number <c>v2</c>. A
    /// longer segment may be a passkey and is hidden.
    /// </summary>
    private const int MaxShortSegment = 4;

    /// <summary>
    /// Maximum length in characters of a shown path segment without digits, such as <c>announce.php</c>. A longer
    /// segment may be a passkey and is hidden. The limit is higher than <see cref="MaxShortSegment"/>, because few
    /// passkeys have no digit.
    /// </summary>
    private const int MaxWordSegment = 15;

    /// <summary>
    /// Minimum length in characters of a secret that is hidden in a text outside the URL. A shorter secret could also
    /// match a part of an ordinary word.
    /// </summary>
    private const int MinSecretInText = 6;

    /// <summary>
    /// Returns the URL of a tracker without its secrets: user name and password, the values of the query, and path
    /// segments that may be a passkey. Example: <c>https://tracker.example/***/announce?passkey=***</c>.
    /// </summary>
    public static string OfTracker(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Of(url, IsSecretSegment);
    }

    /// <summary>
    /// Returns the URL of a tracker without its secrets, as <see cref="OfTracker(Uri)"/> does. If the text is not an
    /// absolute URL, only its query is hidden.
    /// </summary>
    public static string OfTracker(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) ? OfTracker(parsed) : BeforeQuery(url);
    }

    /// <summary>
    /// Returns the URL of a web seed without user name, password and the values of the query. The path is kept, because
    /// it names the file.
    /// </summary>
    public static string OfWebSeed(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Of(url, _ => false);
    }

    /// <summary>
    /// Returns the URL of a web seed without its secrets, as <see cref="OfWebSeed(Uri)"/> does. If the text is not an
    /// absolute URL, only its query is hidden.
    /// </summary>
    public static string OfWebSeed(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) ? OfWebSeed(parsed) : BeforeQuery(url);
    }

    /// <summary>
    /// Returns a magnet link in which every tracker, web seed and other URL is without its secrets. The text need not be
    /// a valid link.
    /// </summary>
    public static string OfMagnet(string link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return string.Join('&', link.Split('&').Select(HideParameter));

        static string HideParameter(string parameter)
        {
            int value = parameter.IndexOf('=', StringComparison.Ordinal) + 1;
            string text = Uri.UnescapeDataString(parameter[value..]);
            return value > 0 && text.Contains("://", StringComparison.Ordinal)
                ? parameter[..value] + Uri.EscapeDataString(OfTracker(text)).Replace("%2A", "*", StringComparison.Ordinal)
                : parameter;
        }
    }

    /// <summary>
    /// Hides the secrets of a tracker's URL in a text, for example in the tracker's answer "Unknown passkey …".
    /// </summary>
    public static string HideIn(string text, Uri tracker)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(tracker);
        var hidden = new StringBuilder(text);
        foreach (string secret in Secrets(tracker).Where(secret => secret.Length >= MinSecretInText))
        {
            hidden.Replace(secret, Mask);
            hidden.Replace(Uri.UnescapeDataString(secret), Mask);
        }

        return hidden.ToString();
    }

    private static string Of(Uri url, Func<string, bool> isSecretSegment)
    {
        if (!url.IsAbsoluteUri)
            return Mask;
        var shown = new StringBuilder();
        shown.Append(url.Scheme).Append(Uri.SchemeDelimiter);
        if (url.UserInfo.Length > 0)
            shown.Append(Mask).Append('@');
        shown.Append(url.Authority);
        shown.AppendJoin('/', url.AbsolutePath.Split('/').Select(part => isSecretSegment(part) ? Mask : part));
        if (url.Query.Length > 1)
            shown.Append('?').AppendJoin('&', url.Query[1..].Split('&').Select(HideValue));
        if (url.Fragment.Length > 1)
            shown.Append('#').Append(Mask);
        return shown.ToString();
    }

    private static string BeforeQuery(string text)
    {
        int query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? text : $"{text[..query]}?{Mask}";
    }

    private static IEnumerable<string> Secrets(Uri url) =>
    [
        .. url.UserInfo.Split(':'),
        .. url.AbsolutePath.Split('/').Where(IsSecretSegment),
        .. url.Query.TrimStart('?').Split('&').Select(parameter => parameter[(parameter.IndexOf('=') + 1)..]),
    ];

    private static bool IsSecretSegment(string segment) =>
        segment.Length > (segment.Any(char.IsAsciiDigit) ? MaxShortSegment : MaxWordSegment);

    private static string HideValue(string parameter)
    {
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 || IsSecretSegment(parameter[..equals]) ? Mask : $"{parameter[..equals]}={Mask}";
    }
}
