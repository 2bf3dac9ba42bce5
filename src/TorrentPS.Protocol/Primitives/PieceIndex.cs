namespace TorrentPS.Protocol.Primitives;

/// <summary>Zero-based index of a piece in its torrent (BEP 3).</summary>
/// <param name="Value">The index. It is not checked against the torrent's number of pieces.</param>
public readonly record struct PieceIndex(int Value) : IComparable<PieceIndex>
{
    /// <inheritdoc/>
    public int CompareTo(PieceIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Returns whether the left index is less than the right one.</summary>
    public static bool operator <(PieceIndex left, PieceIndex right) => left.Value < right.Value;

    /// <summary>Returns whether the left index is greater than the right one.</summary>
    public static bool operator >(PieceIndex left, PieceIndex right) => left.Value > right.Value;

    /// <summary>Returns whether the left index is less than or equal to the right one.</summary>
    public static bool operator <=(PieceIndex left, PieceIndex right) => left.Value <= right.Value;

    /// <summary>Returns whether the left index is greater than or equal to the right one.</summary>
    public static bool operator >=(PieceIndex left, PieceIndex right) => left.Value >= right.Value;
}
