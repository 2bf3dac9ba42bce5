using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// A path from the torrent, in raw bytes. It consists of its last component and the path of the parent folder. Files in
/// the same folder can share that folder's instance, so a deep tree with many files takes little memory.
/// </summary>
internal sealed class RawPath(RawPath? parent, ReadOnlyMemory<byte> name)
{
    public RawPath? Parent { get; } = parent;

    public ReadOnlyMemory<byte> Name { get; } = name;

    /// <summary>Number of components in the path.</summary>
    public int Depth { get; } = (parent?.Depth ?? 0) + 1;

    /// <summary>Length of the path in bytes, including a separator between components.</summary>
    public long ByteLength { get; } = (parent is null ? 0 : parent.ByteLength + 1) + name.Length;

    /// <summary>
    /// For the path of a folder, the corresponding folder in the tree of safe paths. It is null until that folder is
    /// created.
    /// </summary>
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

    /// <summary>Returns the components of the path, from the first to the last.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Components()
    {
        var components = new Stack<ReadOnlyMemory<byte>>();
        for (RawPath? at = this; at is not null; at = at.Parent)
            components.Push(at.Name);
        return components;
    }

    /// <summary>
    /// Returns the components joined by <c>/</c>. Invalid UTF-8 becomes U+FFFD, so the text may differ from the path in
    /// the torrent.
    /// </summary>
    public override string ToString() => string.Join('/', Components().Select(c => Encoding.UTF8.GetString(c.Span)));

    /// <summary>
    /// Returns the path as displayable text for an error or warning. To keep the message short, a path longer than 200
    /// bytes is replaced by an ellipsis and its last component, which is cut to 200 bytes.
    /// </summary>
    public string ToShortString()
    {
        const int longest = 200;
        if (ByteLength <= longest)
            return DisplayText.Line(ToString());
        string name = Encoding.UTF8.GetString(Name.Span[..Math.Min(Name.Length, longest)]);
        return $"…/{DisplayText.Line(name)}";
    }
}
