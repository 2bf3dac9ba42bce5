namespace TorrentPS.Swarms.Reporting;

/// <summary>A bound for a figure.</summary>
/// <param name="Bound">The bound; a figure equal to it meets the goal.</param>
/// <param name="IsLeast">Whether the bound is a minimum; otherwise it is a maximum.</param>
internal readonly record struct Goal(double Bound, bool IsLeast)
{
    public static Goal AtLeast(double bound) => new(bound, true);

    public static Goal AtMost(double bound) => new(bound, false);

    public bool IsMetBy(double value) => IsLeast ? value >= Bound : value <= Bound;

    public override string ToString() => FormattableString.Invariant($"{(IsLeast ? "≥" : "≤")} {Bound:0.###}");
}

/// <summary>One result of a scenario.</summary>
/// <param name="Key">The key in JSON.</param>
/// <param name="Meaning">The description.</param>
/// <param name="Value">The value. Shares are fractions of one.</param>
/// <param name="Goal">The goal, if any.</param>
internal sealed record Figure(string Key, string Meaning, double Value, Goal? Goal = null)
{
    /// <summary>Whether the value meets the goal. NaN does not.</summary>
    public bool IsGood => Goal is not { } goal || goal.IsMetBy(Value);
}
