namespace TorrentPS.Protocol.Utp;

/// <summary>Arithmetic with uTP's sequence numbers, which continue with 0 after 65,535.</summary>
public static class UtpSequence
{
    /// <summary>
    /// Returns the number of steps from one sequence number to another. It is negative if <paramref name="to"/> comes
    /// before <paramref name="from"/>.
    /// </summary>
    public static int Distance(ushort from, ushort to) => (short)(to - from);

    /// <summary>Returns whether a sequence number comes before another.</summary>
    public static bool IsBefore(ushort sequence, ushort other) => Distance(sequence, other) > 0;
}
