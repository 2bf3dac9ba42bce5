namespace TorrentPS.Tests;

public sealed class ByteSizeTests
{
    [Fact]
    public void A_rate_of_zero_is_shown_as_an_empty_string()
    {
        Assert.Equal("", ByteSize.FormatRate(0));
        Assert.Equal("2.00 KiB/s", ByteSize.FormatRate(2048));
    }

    [Theory]
    [InlineData(0.25, "0.3s")]
    [InlineData(59, "59s")]
    [InlineData(65, "1m 05s")]
    [InlineData(7500, "2h 05m")]
    [InlineData(90_000, "1d 01h")]
    public void Times_are_shown_in_their_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, ByteSize.FormatTime(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void An_unknown_time_is_shown_as_an_empty_string() => Assert.Equal("", ByteSize.FormatTime(null));
}
