namespace TorrentPS.Engine.Tests;

public sealed class SizeTextTests
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
        Assert.Equal(text, SizeText.Format(bytes));
}
