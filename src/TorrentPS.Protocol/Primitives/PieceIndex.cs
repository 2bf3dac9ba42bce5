namespace TorrentPS.Protocol.Primitives;

/// <summary>The zero-based number of a piece of a torrent (BEP 3).</summary>
/// <param name="Value">Zero-based; always below the torrent's piece count.</param>
public readonly record struct PieceIndex(int Value) : IComparable<PieceIndex>
{
    /// <inheritdoc/>
    public int CompareTo(PieceIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by number.</summary>
    public static bool operator <(PieceIndex left, PieceIndex right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(PieceIndex left, PieceIndex right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(PieceIndex left, PieceIndex right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(PieceIndex left, PieceIndex right) => left.Value >= right.Value;
}
