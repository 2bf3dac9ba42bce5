namespace TorrentPS.Engine.Snapshots;

/// <summary>A web seed (BEP 19) that is used no more: it failed again and again, does not have the content, or sent something else.</summary>
/// <param name="Url">Its address as the torrent or its link has it.</param>
/// <param name="Message">What happened last, in a sentence.</param>
public sealed record WebSeedFault(Uri Url, string Message)
{
    /// <summary>The address and what happened.</summary>
    public override string ToString() => $"The web seed {Url} is used no more: {Message}";
}
