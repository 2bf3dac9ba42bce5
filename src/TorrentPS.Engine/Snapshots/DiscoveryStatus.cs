namespace TorrentPS.Engine.Snapshots;

/// <summary>One way of finding peers at one moment.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Reason">Why it does not run, as a sentence for the user; null while it runs or is off.</param>
public sealed record DiscoveryStatus(DiscoveryState State, string? Reason = null)
{
    /// <summary>It is switched off.</summary>
    public static DiscoveryStatus Off { get; } = new(DiscoveryState.Off);

    /// <summary>Nothing needs it.</summary>
    public static DiscoveryStatus Idle { get; } = new(DiscoveryState.Idle, "No public torrent runs.");

    /// <summary>It works.</summary>
    public static DiscoveryStatus Running { get; } = new(DiscoveryState.Running);

    /// <summary>The state, and the reason if there is one.</summary>
    public override string ToString() => Reason is null ? $"{State}" : $"{State}: {Reason}";
}
