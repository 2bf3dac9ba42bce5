namespace TorrentPS.Engine.Snapshots;

/// <summary>What a connection is like, as flags.</summary>
[Flags]
public enum PeerFlags
{
    /// <summary>None of these.</summary>
    None = 0,

    /// <summary>We want something it has.</summary>
    Interested = 1,

    /// <summary>We do not serve it now.</summary>
    Choked = 2,

    /// <summary>It wants something we have.</summary>
    RemoteInterested = 4,

    /// <summary>It does not serve us now.</summary>
    RemoteChoked = 8,

    /// <summary>It unchoked us but has given nothing for long.</summary>
    Snubbed = 16,

    /// <summary>It has everything.</summary>
    Seed = 32,

    /// <summary>It said it only uploads (BEP 21).</summary>
    UploadOnly = 64,

    /// <summary>It connected to us.</summary>
    Incoming = 128,

    /// <summary>Fast extension (BEP 6).</summary>
    Fast = 256,

    /// <summary>Extension protocol (BEP 10).</summary>
    Extended = 512,

    /// <summary>Unchoked on trial.</summary>
    Optimistic = 1024,

    /// <summary>Gets whole pieces alone after it took part in a bad one.</summary>
    OnParole = 2048,
}
