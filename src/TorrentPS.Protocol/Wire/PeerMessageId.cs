namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Id of a peer wire message: the byte after the length prefix (BEP 3, "peer messages"; BEP 5, BEP 6 and BEP 10).
/// </summary>
/// <remarks>
/// <see cref="PeerMessageReader"/> also reads messages with ids that this enum does not define, so that the receiver
/// can ignore them.
/// </remarks>
public enum PeerMessageId : byte
{
    /// <summary>Choke: the sender will not answer requests, except those for allowed fast pieces.</summary>
    Choke = 0,

    /// <summary>Unchoke: the sender will answer requests.</summary>
    Unchoke = 1,

    /// <summary>Interested: the sender wants pieces that the receiver has.</summary>
    Interested = 2,

    /// <summary>Not interested: the sender wants no piece that the receiver has.</summary>
    NotInterested = 3,

    /// <summary>Have: the sender has completed a piece.</summary>
    Have = 4,

    /// <summary>
    /// Bitfield: the pieces that the sender has. It may only be sent as the first message after the handshake.
    /// </summary>
    Bitfield = 5,

    /// <summary>Request: asks the receiver to send a block.</summary>
    Request = 6,

    /// <summary>Piece: contains the data of a requested block.</summary>
    Piece = 7,

    /// <summary>Cancel: withdraws a request that the sender made before.</summary>
    Cancel = 8,

    /// <summary>Port: the UDP port of the sender's DHT node (BEP 5).</summary>
    Port = 9,

    /// <summary>Suggest piece: the sender suggests that the receiver requests a piece (BEP 6).</summary>
    Suggest = 13,

    /// <summary>Have all: the sender has every piece (BEP 6). It is sent instead of a bitfield.</summary>
    HaveAll = 14,

    /// <summary>Have none: the sender has no piece (BEP 6). It is sent instead of a bitfield.</summary>
    HaveNone = 15,

    /// <summary>Reject request: the sender will not answer a request of the receiver (BEP 6).</summary>
    Reject = 16,

    /// <summary>Allowed fast: a piece that the receiver may request while choked (BEP 6).</summary>
    AllowedFast = 17,

    /// <summary>Extended: a message of the extension protocol (BEP 10).</summary>
    Extended = 20,

    /// <summary>
    /// Keep-alive: a message of length 0, which has no id. This value represents it, because no BEP uses id 255. A
    /// received message with id 255 is read as a keep-alive.
    /// </summary>
    KeepAlive = 255,
}
