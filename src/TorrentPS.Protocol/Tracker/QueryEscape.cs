using System.Text;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Puts raw bytes into a query (BEP 3, "trackers"): all but RFC 3986's unreserved characters become <c>%XX</c>.</summary>
internal static class QueryEscape
{
    public static StringBuilder AppendEscaped(this StringBuilder builder, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
                builder.Append(c);
            else
                builder.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
        }

        return builder;
    }
}
