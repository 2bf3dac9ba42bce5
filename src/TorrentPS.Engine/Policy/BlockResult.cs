namespace TorrentPS.Engine.Policy;

/// <summary>What a received block was worth.</summary>
internal enum BlockOutcome
{
    /// <summary>It was lacking: store it.</summary>
    Accepted,

    /// <summary>It is here already: the bytes are wasted.</summary>
    Duplicate,

    /// <summary>It is no block of a piece that is wanted: the bytes are wasted.</summary>
    Unwanted,
}

/// <summary>What became of a received block.</summary>
/// <param name="Outcome">What the block was worth.</param>
/// <param name="PieceComplete">Whether this block was the last that its piece lacked; the piece now waits for its hash.</param>
internal readonly record struct BlockResult(BlockOutcome Outcome, bool PieceComplete);
