namespace TorrentPS.Swarms.Reporting;

/// <summary>What a figure should be.</summary>
/// <param name="Bound">The bound itself is good enough.</param>
/// <param name="IsLeast">Whether the figure should be at least the bound; else at most.</param>
internal readonly record struct Goal(double Bound, bool IsLeast)
{
    public static Goal AtLeast(double bound) => new(bound, true);

    public static Goal AtMost(double bound) => new(bound, false);

    public bool IsMetBy(double value) => IsLeast ? value >= Bound : value <= Bound;

    public override string ToString() => FormattableString.Invariant($"{(IsLeast ? "≥" : "≤")} {Bound:0.###}");
}

/// <summary>One result of a scenario.</summary>
/// <param name="Key">Its name in JSON.</param>
/// <param name="Meaning">What it tells, in words.</param>
/// <param name="Value">The value; a share is a fraction of one.</param>
/// <param name="Goal">What it should be, if anything.</param>
internal sealed record Figure(string Key, string Meaning, double Value, Goal? Goal = null)
{
    /// <summary>Whether it is as it should be; a value that is no number is not.</summary>
    public bool IsGood => Goal is not { } goal || goal.IsMetBy(Value);
}
