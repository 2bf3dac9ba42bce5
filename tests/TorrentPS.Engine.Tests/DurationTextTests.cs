namespace TorrentPS.Engine.Tests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("90s", 90)]
    [InlineData("30M", 1800)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86_400)]
    [InlineData("01:30:00", 5400)]
    public void Durations_are_read_in_seconds_or_with_a_unit(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("soon")]
    [InlineData("5 m")]
    [InlineData("00:00")]
    [InlineData("NaN")]
    [InlineData("99999999999999999999d")]
    public void Other_text_is_refused(string? text) => Assert.False(DurationText.TryParse(text, out _));
}
