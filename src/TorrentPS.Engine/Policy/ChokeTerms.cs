namespace TorrentPS.Engine.Policy;

/// <summary>On what terms slots are given.</summary>
/// <param name="Slots">How many peers may be unchoked (<see cref="UploadSlots"/>).</param>
/// <param name="IsSeeding">Whether we want nothing from anybody.</param>
/// <param name="Now">The time.</param>
internal readonly record struct ChokeTerms(int Slots, bool IsSeeding, TimeSpan Now);
