using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Identifies a session by the requested port, address and interface. Torrents with equal keys share a session.
/// </summary>
/// <param name="Port">
/// The requested port, as in <see cref="SessionSettings.Port"/>. Null requests the first free port of
/// <see cref="SessionSettings.PortRange"/>; 0 requests any free port.
/// </param>
/// <param name="BindAddress">The only local address to listen on and connect from; null means all addresses.</param>
/// <param name="Interface">The only network interface to use; null means all interfaces.</param>
internal sealed record SessionKey(int? Port, IPAddress? BindAddress, string? Interface);
