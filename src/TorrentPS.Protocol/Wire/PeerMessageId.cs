namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Id of a peer wire message: the byte after the length prefix (BEP 3, "peer messages"; BEP 5, BEP 6 and BEP 10).
/// </summary>
/// <remarks>Messages with an id without a name are read as well, so that the receiver can ignore them.</remarks>
public enum PeerMessageId : byte
{
    /// <summary>The sender will not answer requests.</summary>
    Choke = 0,

    /// <summary>The sender will answer requests.</summary>
    Unchoke = 1,

    /// <summary>The sender wants pieces that the receiver has.</summary>
    Interested = 2,

    /// <summary>The sender wants no piece that the receiver has.</summary>
    NotInterested = 3,

    /// <summary>The sender has completed a piece.</summary>
    Have = 4,

    /// <summary>The pieces that the sender has. Sent only as the first message.</summary>
    Bitfield = 5,

    /// <summary>Requests a block.</summary>
    Request = 6,

    /// <summary>Contains the data of a block.</summary>
    Piece = 7,

    /// <summary>Cancels a request.</summary>
    Cancel = 8,

    /// <summary>The UDP port of the sender's DHT node (BEP 5).</summary>
    Port = 9,

    /// <summary>Suggest piece: the sender suggests a piece to download (BEP 6).</summary>
    Suggest = 13,

    /// <summary>The sender has every piece (BEP 6).</summary>
    HaveAll = 14,

    /// <summary>The sender has no piece (BEP 6).</summary>
    HaveNone = 15,

    /// <summary>Reject request: the sender will not answer a request (BEP 6).</summary>
    Reject = 16,

    /// <summary>Allowed fast: a piece that the receiver may request while choked (BEP 6).</summary>
    AllowedFast = 17,

    /// <summary>A message of the extension protocol (BEP 10).</summary>
    Extended = 20,

    /// <summary>
    /// Keep-alive: a message of length 0, without an id. A message with id 255 is read as keep-alive too; both are
    /// ignored.
    /// </summary>
    KeepAlive = 255,
}
