using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Finds the info hash that an incoming encryption handshake (MSE) names. Each info hash is hashed once, when its
/// torrent starts, and not for each connection. Thread-safe.
/// </summary>
internal sealed class ObfuscatedInfoHashes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObfuscatedInfoHash, (InfoHash InfoHash, int Count)> _entries = [];

    /// <summary>
    /// Adds the info hash of a running torrent. If a torrent and a download of its metadata add the same info hash,
    /// each of them must also remove it.
    /// </summary>
    public void Add(InfoHash infoHash)
    {
        ObfuscatedInfoHash key = ObfuscatedInfoHash.Of(infoHash);
        lock (_gate)
            _entries[key] = (infoHash, _entries.GetValueOrDefault(key).Count + 1);
    }

    public void Remove(InfoHash infoHash)
    {
        ObfuscatedInfoHash key = ObfuscatedInfoHash.Of(infoHash);
        lock (_gate)
        {
            int count = _entries[key].Count - 1;
            if (count == 0)
                _entries.Remove(key);
            else
                _entries[key] = (infoHash, count);
        }
    }

    public InfoHash? Find(ObfuscatedInfoHash obfuscated)
    {
        lock (_gate)
            return _entries.TryGetValue(obfuscated, out (InfoHash InfoHash, int) entry) ? entry.InfoHash : null;
    }
}
