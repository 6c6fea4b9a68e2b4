using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("20GB", 20L << 30)]
    [InlineData("20g", 20L << 30)]
    [InlineData("1.5 TB", 1649267441664)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("10kB", 10240)]
    [InlineData("21474836480", 21474836480)]
    [InlineData("0", 0)]
    public void A_size_is_read_as_PowerShell_reads_its_own(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("ten GB")]
    [InlineData("1,5GB")]
    [InlineData("99999999999TB")]
    [InlineData("20")]
    [InlineData("1048575")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0L, "0B")]
    [InlineData(999L, "999B")]
    [InlineData(1984172, "1.89MB")]
    [InlineData(20L << 30, "20GB")]
    [InlineData(76_336_333, "72.8MB")]
    [InlineData(1000, "0.98KB")]
    [InlineData(1_048_000, "1MB")]
    [InlineData(1L << 40, "1TB")]
    public void A_size_is_shown_in_the_units_in_which_it_is_read(long bytes, string text) => Assert.Equal(text, ByteSize.Text(bytes));
}
