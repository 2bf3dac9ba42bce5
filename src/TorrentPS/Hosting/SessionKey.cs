using System.Net;

namespace TorrentPS.Hosting;

/// <summary>What tells one session from another: where it listens. Torrents that ask for nothing share one.</summary>
/// <param name="Port">The port asked for, or null for any.</param>
/// <param name="BindAddress">The local address asked for, or null for all.</param>
internal sealed record SessionKey(int? Port, IPAddress? BindAddress);
