using TorrentPS.Cli.Rendering;

namespace TorrentPS.Cli.Tests;

public sealed class HumanTextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "0.98 KiB")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(10_240, "10.0 KiB")]
    [InlineData(1_048_576, "1.00 MiB")]
    [InlineData(1_073_741_824, "1.00 GiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void A_size_has_three_digits_and_a_unit(long bytes, string expected) =>
        Assert.Equal(expected, HumanText.Size(bytes));

    [Theory]
    [InlineData(99.99, "99.9 %")]
    [InlineData(100, "100.0 %")]
    [InlineData(0, "0.0 %")]
    public void A_percentage_below_100_is_not_rounded_up_to_100(double percent, string expected) =>
        Assert.Equal(expected, HumanText.Percent(percent));

    [Theory]
    [InlineData(0.25, "0.3 s")]
    [InlineData(75, "0:01:15")]
    [InlineData(360_000, "100:00:00")]
    public void A_duration_has_seconds_or_hours_minutes_and_seconds(double seconds, string expected) =>
        Assert.Equal(expected, HumanText.Time(TimeSpan.FromSeconds(seconds)));
}
