using System.Text;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// A path as the torrent's bytes, linked towards the top: the files of one folder share its node, so that deep trees of many
/// files stay as small as the data that describes them.
/// </summary>
internal sealed class RawPath(RawPath? parent, ReadOnlyMemory<byte> name)
{
    public RawPath? Parent { get; } = parent;

    public ReadOnlyMemory<byte> Name { get; } = name;

    /// <summary>How many components there are.</summary>
    public int Depth { get; } = (parent?.Depth ?? 0) + 1;

    /// <summary>The length in bytes, separators included.</summary>
    public long ByteLength { get; } = (parent is null ? 0 : parent.ByteLength + 1) + name.Length;

    /// <summary>The folder this path became, once it was made safe.</summary>
    public SafeFolder? Folder { get; set; }

    public static RawPath? From(IEnumerable<ReadOnlyMemory<byte>> components) =>
        components.Aggregate((RawPath?)null, (parent, name) => new RawPath(parent, name));

    /// <summary>Compares byte by byte, component by component.</summary>
    public static bool SamePath(RawPath? left, RawPath? right)
    {
        if (left?.Depth != right?.Depth)
            return false;
        while (left is not null && right is not null && !ReferenceEquals(left, right))
        {
            if (!left.Name.Span.SequenceEqual(right.Name.Span))
                return false;
            (left, right) = (left.Parent, right.Parent);
        }

        return true;
    }

    /// <summary>The components from the top.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Components()
    {
        var components = new Stack<ReadOnlyMemory<byte>>();
        for (RawPath? at = this; at is not null; at = at.Parent)
            components.Push(at.Name);
        return components;
    }

    /// <summary>The components joined by '/', with U+FFFD for what is not UTF-8: for people, not for file systems.</summary>
    public override string ToString() => string.Join('/', Components().Select(c => Encoding.UTF8.GetString(c.Span)));

    /// <summary>The path for a message: what is very long is cut at the front.</summary>
    public string ToShortString()
    {
        const int longest = 200;
        if (ByteLength <= longest)
            return ToString();
        string name = Encoding.UTF8.GetString(Name.Span[..Math.Min(Name.Length, longest)]);
        return $"…/{name}";
    }
}
