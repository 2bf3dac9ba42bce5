using System.Text;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// A path in the torrent's original bytes. Each component links to its parent folder, and the files of a folder share
/// the folder's node, so that deep trees of many files take little memory.
/// </summary>
internal sealed class RawPath(RawPath? parent, ReadOnlyMemory<byte> name)
{
    public RawPath? Parent { get; } = parent;

    public ReadOnlyMemory<byte> Name { get; } = name;

    /// <summary>Number of components.</summary>
    public int Depth { get; } = (parent?.Depth ?? 0) + 1;

    /// <summary>Length in bytes, with separators.</summary>
    public long ByteLength { get; } = (parent is null ? 0 : parent.ByteLength + 1) + name.Length;

    /// <summary>The safe folder for this path; null until it is created.</summary>
    public SafeFolder? Folder { get; set; }

    public static RawPath? From(IEnumerable<ReadOnlyMemory<byte>> components) =>
        components.Aggregate((RawPath?)null, (parent, name) => new RawPath(parent, name));

    /// <summary>Returns whether two paths have the same components, byte for byte.</summary>
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

    /// <summary>Returns the components, starting at the top.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Components()
    {
        var components = new Stack<ReadOnlyMemory<byte>>();
        for (RawPath? at = this; at is not null; at = at.Parent)
            components.Push(at.Name);
        return components;
    }

    /// <summary>Returns the components joined by <c>/</c>, with U+FFFD for invalid UTF-8. For display only.</summary>
    public override string ToString() => string.Join('/', Components().Select(c => Encoding.UTF8.GetString(c.Span)));

    /// <summary>
    /// Returns the path for a message. Of a path longer than 200 bytes, only the last component remains, cut to 200
    /// bytes.
    /// </summary>
    public string ToShortString()
    {
        const int longest = 200;
        if (ByteLength <= longest)
            return ToString();
        string name = Encoding.UTF8.GetString(Name.Span[..Math.Min(Name.Length, longest)]);
        return $"…/{name}";
    }
}
