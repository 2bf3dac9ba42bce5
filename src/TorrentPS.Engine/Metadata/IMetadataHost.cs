using System.Net;

namespace TorrentPS.Engine.Metadata;

/// <summary>What the search for metadata asks of the pumps around it. Everything returns at once; what comes of it arrives as an event.</summary>
internal interface IMetadataHost
{
    /// <summary>Begins to connect; ends in <see cref="MetadataPeerConnected"/> or <see cref="MetadataDialFailed"/>.</summary>
    /// <returns>False when the session's caps leave no room now.</returns>
    bool TryDial(IPEndPoint endPoint);

    /// <summary>Begins to look for peers, and goes on.</summary>
    void StartFinding();

    /// <summary>Looks for peers no more for now.</summary>
    void StopFinding();

    /// <summary>Makes a new status known.</summary>
    void Publish(TorrentStatus status);

    /// <summary>The metadata is here, and right. The connections stay open; who goes on with the torrent takes them over.</summary>
    void Found(byte[] info);

    /// <summary>It was stopped, or can't go on; the host closes tasks.</summary>
    void Ended();
}
