namespace TorrentPS.Protocol.Wire;

/// <summary>What one peer says of another when it passes its address on (BEP 11).</summary>
[Flags]
public enum PexFlags : byte
{
    /// <summary>Nothing is known.</summary>
    None = 0,

    /// <summary>It prefers encrypted connections.</summary>
    PrefersEncryption = 0x01,

    /// <summary>It has everything, or takes nothing more.</summary>
    Seed = 0x02,

    /// <summary>It speaks uTP.</summary>
    SupportsUtp = 0x04,

    /// <summary>It takes part in hole punching.</summary>
    SupportsHolepunch = 0x08,

    /// <summary>Whoever says so connected to it.</summary>
    Reachable = 0x10,
}
