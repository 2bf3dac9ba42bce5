namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// What a peer may cost before anything it sent was verified. It fetches alone and little, so that bad data is one piece, and names
/// its sender without a doubt.
/// </summary>
internal static class UnprovenPeerLimit
{
    /// <summary>The least that is entrusted to a peer, in blocks (256 KiB): with small pieces one alone would leave it idle.</summary>
    public const int MinBlocks = 16;

    /// <summary>How many blocks more a peer may be asked for.</summary>
    /// <param name="blocksPerPiece">How many blocks a piece has.</param>
    /// <param name="atRisk">How many blocks of it are asked for, or here and not verified.</param>
    public static int Room(int blocksPerPiece, int atRisk) => Math.Max(0, Math.Max(blocksPerPiece, MinBlocks) - atRisk);
}
