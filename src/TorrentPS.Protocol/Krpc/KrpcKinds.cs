namespace TorrentPS.Protocol.Krpc;

/// <summary>The three kinds of messages (BEP 5, "KRPC protocol"), key <c>y</c>.</summary>
public enum KrpcKind
{
    /// <summary>Asks for something.</summary>
    Query,

    /// <summary>Answers a query.</summary>
    Response,

    /// <summary>Refuses a query.</summary>
    Error,
}

/// <summary>What a query asks for, key <c>q</c>.</summary>
public enum KrpcMethod
{
    /// <summary>Something this library has no name for; or the message is no query.</summary>
    Unknown,

    /// <summary>Are you there (BEP 5).</summary>
    Ping,

    /// <summary>The nodes nearest to a point (BEP 5).</summary>
    FindNode,

    /// <summary>The peers of a torrent, or the nodes nearest to it (BEP 5).</summary>
    GetPeers,

    /// <summary>Keep the sender as a peer of a torrent (BEP 5).</summary>
    AnnouncePeer,

    /// <summary>The item at a point (BEP 44).</summary>
    Get,

    /// <summary>Keep an item (BEP 44).</summary>
    Put,

    /// <summary>Some of the torrents whose peers you keep (BEP 51).</summary>
    SampleInfoHashes,
}

/// <summary>Whose nodes a query wants to hear of, key <c>want</c> (BEP 32).</summary>
[Flags]
public enum WantedNodes
{
    /// <summary>Those of the family the query came by.</summary>
    Unspecified = 0,

    /// <summary><c>n4</c>.</summary>
    IPv4 = 1,

    /// <summary><c>n6</c>.</summary>
    IPv6 = 2,
}

/// <summary>The numbers of errors (BEP 5, "errors"; BEP 44).</summary>
public enum KrpcError
{
    /// <summary>Something unnamed.</summary>
    Generic = 201,

    /// <summary>The node can't.</summary>
    Server = 202,

    /// <summary>The query is malformed or its token is wrong.</summary>
    Protocol = 203,

    /// <summary>The query is unknown.</summary>
    MethodUnknown = 204,

    /// <summary>The item is longer than 1,000 bytes.</summary>
    TooBig = 205,

    /// <summary>The item's signature is wrong.</summary>
    InvalidSignature = 206,
}
