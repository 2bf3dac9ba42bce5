namespace TorrentPS.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "0.98 KiB")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(10 * 1024, "10.0 KiB")]
    [InlineData(1023 * 1024, "1.00 MiB")]
    [InlineData(1L << 30, "1.00 GiB")]
    [InlineData(-2048, "-2.00 KiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void Sizes_are_shown_with_three_digits_and_a_matching_unit(long bytes, string text) =>
        Assert.Equal(text, ByteSize.Format(bytes));

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
