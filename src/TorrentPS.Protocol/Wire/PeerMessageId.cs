namespace TorrentPS.Protocol.Wire;

/// <summary>What a frame says: the byte after the length prefix (BEP 3, "peer messages"; BEP 5, 6 and 10 add to it).</summary>
/// <remarks>An id that is not named here is read all the same, so that a receiver can ignore it.</remarks>
public enum PeerMessageId : byte
{
    /// <summary>The sender will not answer requests.</summary>
    Choke = 0,

    /// <summary>The sender will answer requests.</summary>
    Unchoke = 1,

    /// <summary>The sender wants pieces that the receiver has.</summary>
    Interested = 2,

    /// <summary>The sender wants nothing that the receiver has.</summary>
    NotInterested = 3,

    /// <summary>The sender has one more piece.</summary>
    Have = 4,

    /// <summary>The pieces that the sender has; only as the first message.</summary>
    Bitfield = 5,

    /// <summary>Asks for a block.</summary>
    Request = 6,

    /// <summary>A block with its data.</summary>
    Piece = 7,

    /// <summary>Withdraws a request.</summary>
    Cancel = 8,

    /// <summary>The UDP port of the sender's DHT node (BEP 5).</summary>
    Port = 9,

    /// <summary>A piece that the receiver might fetch (BEP 6).</summary>
    Suggest = 13,

    /// <summary>The sender has every piece (BEP 6).</summary>
    HaveAll = 14,

    /// <summary>The sender has no piece (BEP 6).</summary>
    HaveNone = 15,

    /// <summary>A request will not be answered (BEP 6).</summary>
    Reject = 16,

    /// <summary>A piece that the receiver may request while choked (BEP 6).</summary>
    AllowedFast = 17,

    /// <summary>A message of the extension protocol (BEP 10).</summary>
    Extended = 20,

    /// <summary>
    /// The empty frame, which has no id on the wire. A frame that does carry the byte 255 reads as this too: both are ignored.
    /// </summary>
    KeepAlive = 255,
}
