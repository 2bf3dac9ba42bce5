namespace TorrentPS.Protocol.Krpc;

/// <summary>Kind of a KRPC message (BEP 5, "KRPC protocol"). It is sent under the key <c>y</c>.</summary>
public enum KrpcKind
{
    /// <summary>A query to another node (<c>q</c>).</summary>
    Query,

    /// <summary>The answer to a query (<c>r</c>).</summary>
    Response,

    /// <summary>An answer that reports an error in place of a result, with a code and a text (<c>e</c>).</summary>
    Error,
}

/// <summary>Method of a KRPC query. Its name is sent under the key <c>q</c>.</summary>
public enum KrpcMethod
{
    /// <summary>The query has a method that this enum does not define, or the message is not a query.</summary>
    Unknown,

    /// <summary>Asks whether a node responds (BEP 5).</summary>
    Ping,

    /// <summary>Asks the queried node for the nodes closest to an id among those that it knows (BEP 5).</summary>
    FindNode,

    /// <summary>Asks for peers of a torrent, and for the nodes closest to its info hash (BEP 5).</summary>
    GetPeers,

    /// <summary>Asks the queried node to store the sender as a peer of a torrent (BEP 5).</summary>
    AnnouncePeer,

    /// <summary>Asks for the item stored under an id (BEP 44).</summary>
    Get,

    /// <summary>Asks the queried node to store an item (BEP 44).</summary>
    Put,

    /// <summary>Asks for a sample of the info hashes for which the queried node stores peers (BEP 51).</summary>
    SampleInfoHashes,
}

/// <summary>
/// Address families of the nodes that a query asks for (BEP 32). They are sent under the key <c>want</c>.
/// </summary>
[Flags]
public enum WantedNodes
{
    /// <summary>
    /// The key <c>want</c> is absent. The response then contains nodes of the address family over which the query
    /// arrived.
    /// </summary>
    Unspecified = 0,

    /// <summary>IPv4 nodes (<c>n4</c>).</summary>
    IPv4 = 1,

    /// <summary>IPv6 nodes (<c>n6</c>).</summary>
    IPv6 = 2,
}

/// <summary>Code of a KRPC error message (BEP 5, "errors"; BEP 44).</summary>
public enum KrpcError
{
    /// <summary>Generic error: none of the other codes applies.</summary>
    Generic = 201,

    /// <summary>The queried node had an internal error.</summary>
    Server = 202,

    /// <summary>The query is malformed, or has an invalid argument or write token.</summary>
    Protocol = 203,

    /// <summary>The queried node does not support the method.</summary>
    MethodUnknown = 204,

    /// <summary>The value of a <c>put</c> query is longer than <see cref="ImmutableItem.MaxLength"/> bytes.</summary>
    TooBig = 205,

    /// <summary>The signature of a mutable item is invalid.</summary>
    InvalidSignature = 206,
}
