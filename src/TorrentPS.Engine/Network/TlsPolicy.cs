using System.Security.Cryptography.X509Certificates;

namespace TorrentPS.Engine.Network;

/// <summary>The rules by which the certificates of TLS servers are checked.</summary>
internal static class TlsPolicy
{
    /// <summary>
    /// Creates the rules for one connection. The server's certificate must be signed by an authority that the system
    /// trusts. Nothing is downloaded for the check, because the system's downloads would ignore the binding of the
    /// session.
    /// </summary>
    public static X509ChainPolicy CreateChainPolicy() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
