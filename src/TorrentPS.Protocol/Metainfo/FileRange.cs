using System.Globalization;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>Files by number (BEP 53).</summary>
/// <param name="First">The zero-based index of the first file.</param>
/// <param name="Last">The index of the last one, which belongs to the range.</param>
public readonly record struct FileRange(int First, int Last)
{
    /// <summary>Whether a file is in the range.</summary>
    public bool Contains(int index) => index >= First && index <= Last;

    /// <summary>One number, or two with a dash.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
