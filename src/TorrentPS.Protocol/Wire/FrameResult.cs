namespace TorrentPS.Protocol.Wire;

/// <summary>Whether the bytes held one whole frame.</summary>
public enum FrameResult
{
    /// <summary>More bytes are needed; <see cref="PeerMessageReader.RequiredLength"/> says how many in all.</summary>
    Incomplete,

    /// <summary>A whole frame was read.</summary>
    Complete,
}
