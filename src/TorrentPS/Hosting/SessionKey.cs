using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Identifies a session by the requested port and address. Torrents with the same request share a session.
/// </summary>
/// <param name="Port">
/// As <see cref="SessionSettings.Port"/>: null requests the first free port of the range, 0 any free port.
/// </param>
/// <param name="BindAddress">The only local address to listen on and connect from; null means all addresses.</param>
internal sealed record SessionKey(int? Port, IPAddress? BindAddress);
