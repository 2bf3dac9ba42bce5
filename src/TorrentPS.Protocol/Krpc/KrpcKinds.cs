namespace TorrentPS.Protocol.Krpc;

/// <summary>Kind of a KRPC message, key <c>y</c> (BEP 5, "KRPC protocol").</summary>
public enum KrpcKind
{
    /// <summary>A request to another node (<c>q</c>).</summary>
    Query,

    /// <summary>The answer to a query (<c>r</c>).</summary>
    Response,

    /// <summary>The refusal of a query or the report of a failure, with a code and a text (<c>e</c>).</summary>
    Error,
}

/// <summary>Method of a KRPC query, key <c>q</c>.</summary>
public enum KrpcMethod
{
    /// <summary>A method that this library does not know, or no method because the message is not a query.</summary>
    Unknown,

    /// <summary>Asks whether a node responds (BEP 5).</summary>
    Ping,

    /// <summary>Asks for the nodes closest to an id, among the nodes that the queried node knows (BEP 5).</summary>
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

/// <summary>Address families of the nodes that a query asks for, key <c>want</c> (BEP 32).</summary>
[Flags]
public enum WantedNodes
{
    /// <summary>
    /// No key <c>want</c>: the response contains nodes of the address family over which the query arrived.
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
